/// Pages that the gateway serves itself: server-rendered, without script and without any external request.
public enum PageShell {
    /// The one style sheet, byte for byte as it stands between `<style>` and `</style>`: what a
    /// `style-src 'sha256-...'` hashes.
    public static let styleSheet: [UInt8] = Array(styleText.utf8)

    // Colours keep 4.5:1 against what they stand on, borders of controls 3:1, in both schemes.
    private static let styleText = """
        :root{color-scheme:light dark;--page:#f3f4f7;--card:#fff;--text:#1b1f27;--soft:#59606e;--edge:#7d8594;\
        --line:#dfe2e8;--accent:#1f5fbf;--press:#184c99;--onaccent:#fff;--rim:transparent;--link:#1a55ad;--bad:#b3261e;--badback:#fdf1f0;\
        --warn:#8a5a00;--warnback:#fdf6e7}
        @media (prefers-color-scheme:dark){:root{--page:#13161b;--card:#1c2027;--text:#e8eaef;--soft:#a7aebb;\
        --edge:#788191;--line:#323843;--accent:#3069c4;--press:#2a5cad;--link:#8fb8ff;--bad:#ffb3ab;\
        --badback:#33201f;--warn:#f2c46d;--warnback:#2e2718}}
        *,::before,::after{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
        body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;align-items:center;\
        padding:1rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",\
        Roboto,"Helvetica Neue",sans-serif;overflow-wrap:anywhere}
        main{width:100%;max-width:25rem;margin:auto;padding:1.75rem;background:var(--card);\
        border:1px solid var(--line);border-radius:.875rem}
        main.wide{max-width:34rem}
        @media (max-width:26rem){body{padding:.5rem}main{padding:1.25rem 1rem}}
        h1{margin:0 0 1.25rem;font-size:1.375rem;line-height:1.3;font-weight:650;text-wrap:balance}
        h2{margin:0 0 .25rem;font-size:1rem;line-height:1.4}
        p{margin:0 0 1rem}
        main>:last-child,.note>:last-child{margin-bottom:0}
        a{color:var(--link);text-underline-offset:.15em}
        .field{margin:0 0 1.125rem}
        .field label{display:block;margin:0 0 .3rem;font-weight:600}
        .field input{display:block;width:100%;min-height:2.75rem;padding:.5rem .75rem;font:inherit;\
        color:inherit;background:var(--card);border:1px solid var(--edge);border-radius:.5rem}
        .field input[aria-invalid=true]{border:2px solid var(--bad)}
        .hint,.wrong{margin:0 0 .4rem;font-size:.875rem}
        .hint{color:var(--soft)}
        .wrong{color:var(--bad);font-weight:600}
        .check{display:flex;gap:.6rem;align-items:flex-start;margin:0 0 1.125rem;padding:.25rem 0}
        .check input{flex:none;width:1.25rem;height:1.25rem;margin:.125rem 0 0;accent-color:var(--accent)}
        button,.button{display:block;width:100%;min-height:2.75rem;padding:.6rem 1rem;\
        border:1px solid var(--rim);border-radius:.5rem;background:var(--accent);color:var(--onaccent);font:inherit;\
        font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
        button:hover,.button:hover{background:var(--press)}
        :focus-visible{outline:3px solid var(--link);outline-offset:2px}
        .note{margin:0 0 1.25rem;padding:.75rem 1rem;border:1px solid var(--line);\
        border-left:4px solid var(--accent);border-radius:.5rem}
        .note.bad{border-color:var(--bad);background:var(--badback)}
        .note.bad h2,.note.bad a{color:var(--bad)}
        .note.warn{border-color:var(--warn);background:var(--warnback)}
        .note.warn h2{color:var(--warn)}
        .note ul{margin:.25rem 0 0;padding-left:1.125rem}
        .more{margin:1.5rem 0 0;padding:1rem 0 0;border-top:1px solid var(--line);color:var(--soft);\
        font-size:.9375rem}
        .logo{display:block;max-width:100%;max-height:4.5rem;margin:0 auto 1.25rem}
        footer{margin:1rem 0 0;color:var(--soft);font-size:.875rem;text-align:center}
        footer ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;justify-content:center;margin:0;padding:0;\
        list-style:none}
        footer p{margin:.5rem 0 0}
        .status{margin:0 0 .25rem;color:var(--soft);font-size:.875rem;font-variant-numeric:tabular-nums}
        code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        section{margin:1.75rem 0 0;padding:1.25rem 0 0;border-top:1px solid var(--line)}
        section h2{margin:0 0 .75rem;font-size:1.125rem}
        .list{margin:0 0 1rem;padding:0;list-style:none}
        .list li{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between;\
        padding:.75rem 0;border-bottom:1px solid var(--line)}
        .list li>div{flex:1 1 14rem}
        .mark{margin-left:.25rem;padding:.1rem .5rem;border:1px solid var(--edge);border-radius:1rem;\
        font-size:.8125rem;white-space:nowrap}
        .small,.plain{background:var(--card);color:var(--link);border-color:var(--edge)}
        .small:hover,.plain:hover{background:var(--page)}
        .small{width:auto}
        .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        @media (forced-colors:active){main,.note,button,.button{border:1px solid}}
        """
}

-- `http-request lua.gatehouse ADDRESS` asks the gateway at ADDRESS whether the request may pass. Afterwards
-- txn.gatehouse is "allowed" or "refused", and an allowed request has the identity that the gateway told.

local identity = { "x-user-id", "x-user-name", "x-user-roles", "x-user-realm" }

-- About the connection or the body, which are not the question's own.
local omitted = {
    ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["keep-alive"] = true, ["te"] = true,
    ["trailer"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
}

local function question(txn)
    local headers = {}
    for name, values in pairs(txn.http:req_get_headers()) do
        if not omitted[name] then
            headers[name] = {}
            for _, value in pairs(values) do table.insert(headers[name], value) end
        end
    end
    headers["x-forwarded-method"] = { txn.f:method() }
    -- The path as it came, with its query; of an absolute-form target the part behind the host.
    headers["x-forwarded-uri"] = { txn.f:pathq() }
    return headers
end

core.register_action("gatehouse", { "http-req" }, function(txn, address)
    txn:set_var("txn.gatehouse", "refused")
    local answer = core.httpclient():get {
        url = "http://" .. address .. "/_auth/verify", headers = question(txn), timeout = 5000,
    }
    if answer == nil or answer.status ~= 200 then return end
    for _, name in ipairs(identity) do
        local values = answer.headers[name]
        if values ~= nil then
            for _, value in pairs(values) do txn.http:req_set_header(name, value) end
        end
    end
    txn:set_var("txn.gatehouse", "allowed")
end, 1)

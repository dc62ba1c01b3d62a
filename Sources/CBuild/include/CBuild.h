#pragma once

/// The commit that this program was built from, as GATEHOUSE_COMMIT in the build's environment said; "unknown" without.
const char *cbuild_commit(void);

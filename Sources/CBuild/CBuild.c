#include "CBuild.h"

#ifndef GATEHOUSE_COMMIT
#define GATEHOUSE_COMMIT "unknown"
#endif

const char *cbuild_commit(void) { return GATEHOUSE_COMMIT; }

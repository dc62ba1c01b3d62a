#define _GNU_SOURCE
#include "CPostgreSQL.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#if __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#else
#include <libpq-fe.h>
#endif

#define FUNCTIONS(X) \
    X(PQconnectStartParams) X(PQconnectPoll) X(PQstatus) X(PQsocket) X(PQerrorMessage) X(PQfinish) \
    X(PQsetnonblocking) X(PQsetNoticeProcessor) X(PQsendQueryParams) X(PQsetSingleRowMode) X(PQflush) \
    X(PQconsumeInput) X(PQisBusy) X(PQgetResult) X(PQresultStatus) X(PQresultErrorMessage) X(PQresultErrorField) \
    X(PQcmdTuples) X(PQntuples) X(PQnfields) X(PQfname) X(PQgetvalue) X(PQgetisnull) X(PQclear)

#define MEMBER(name) __typeof__(&name) name;
static struct { FUNCTIONS(MEMBER) } pq;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char trouble[512];

static void load(void) {
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(trouble, sizeof trouble, "libpq.so.5 cannot be loaded (apt install libpq5): %s", dlerror());
        return;
    }
#define FIND(name) \
    *(void **)&pq.name = dlsym(library, #name); \
    if (pq.name == NULL) snprintf(trouble, sizeof trouble, "libpq.so.5 has no %s", #name);
    FUNCTIONS(FIND)
}

const char *cpq_load(void) {
    pthread_once(&once, load);
    return trouble[0] == '\0' ? NULL : trouble;
}

static void ignore(void *context, const char *message) {
    (void)context;
    (void)message;
}

PGconn *cpq_connectStartParams(const char *const *keywords, const char *const *values) {
    return pq.PQconnectStartParams(keywords, values, 1);
}
int cpq_connectPoll(PGconn *connection) { return (int)pq.PQconnectPoll(connection); }
int cpq_isOK(const PGconn *connection) { return pq.PQstatus(connection) == CONNECTION_OK; }
int cpq_socket(const PGconn *connection) { return pq.PQsocket(connection); }
const char *cpq_errorMessage(const PGconn *connection) { return pq.PQerrorMessage(connection); }
void cpq_finish(PGconn *connection) { pq.PQfinish(connection); }
int cpq_setnonblocking(PGconn *connection) { return pq.PQsetnonblocking(connection, 1); }
void cpq_silence(PGconn *connection) { pq.PQsetNoticeProcessor(connection, ignore, NULL); }

int cpq_sendQueryParams(PGconn *connection, const char *statement, int count, const char *const *values) {
    return pq.PQsendQueryParams(connection, statement, count, NULL, values, NULL, NULL, 0);
}
int cpq_setSingleRowMode(PGconn *connection) { return pq.PQsetSingleRowMode(connection); }
int cpq_flush(PGconn *connection) { return pq.PQflush(connection); }
int cpq_consumeInput(PGconn *connection) { return pq.PQconsumeInput(connection); }
int cpq_isBusy(PGconn *connection) { return pq.PQisBusy(connection); }
PGresult *cpq_getResult(PGconn *connection) { return pq.PQgetResult(connection); }

int cpq_resultStatus(const PGresult *result) { return (int)pq.PQresultStatus(result); }
const char *cpq_resultErrorMessage(const PGresult *result) { return pq.PQresultErrorMessage(result); }
const char *cpq_resultState(const PGresult *result) { return pq.PQresultErrorField(result, PG_DIAG_SQLSTATE); }
const char *cpq_cmdTuples(PGresult *result) { return pq.PQcmdTuples(result); }
int cpq_ntuples(const PGresult *result) { return pq.PQntuples(result); }
int cpq_nfields(const PGresult *result) { return pq.PQnfields(result); }
const char *cpq_fname(const PGresult *result, int column) { return pq.PQfname(result, column); }
const char *cpq_getvalue(const PGresult *result, int row, int column) {
    return pq.PQgetisnull(result, row, column) ? NULL : pq.PQgetvalue(result, row, column);
}
void cpq_clear(PGresult *result) { pq.PQclear(result); }

_Static_assert(cpq_pollingReading == PGRES_POLLING_READING && cpq_pollingWriting == PGRES_POLLING_WRITING, "");
_Static_assert(cpq_pollingOK == PGRES_POLLING_OK && cpq_pollingFailed == PGRES_POLLING_FAILED, "");
_Static_assert(cpq_commandOK == PGRES_COMMAND_OK && cpq_tuplesOK == PGRES_TUPLES_OK, "");
_Static_assert(cpq_singleTuple == PGRES_SINGLE_TUPLE, "");

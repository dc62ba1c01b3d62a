#pragma once

// libpq (PostgreSQL 10 or later), loaded when it is first needed: it brings Kerberos and LDAP with it, which no
// worker without such a store should carry. Each function is libpq's of the same name.

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;

/// Loads libpq.so.5; returns NULL, or why it cannot be had. Any thread may call, and calls after the first are cheap.
/// Nothing else here may be called before it has returned NULL.
const char *cpq_load(void);

PGconn *cpq_connectStartParams(const char *const *keywords, const char *const *values);
int cpq_connectPoll(PGconn *connection);
/// Nonzero if it is CONNECTION_OK.
int cpq_isOK(const PGconn *connection);
int cpq_socket(const PGconn *connection);
const char *cpq_errorMessage(const PGconn *connection);
void cpq_finish(PGconn *connection);
int cpq_setnonblocking(PGconn *connection);
/// Nothing of what the server remarks is written anywhere.
void cpq_silence(PGconn *connection);

int cpq_sendQueryParams(PGconn *connection, const char *statement, int count, const char *const *values);
int cpq_setSingleRowMode(PGconn *connection);
int cpq_flush(PGconn *connection);
int cpq_consumeInput(PGconn *connection);
int cpq_isBusy(PGconn *connection);
PGresult *cpq_getResult(PGconn *connection);

int cpq_resultStatus(const PGresult *result);
const char *cpq_resultErrorMessage(const PGresult *result);
/// The five characters of the SQLSTATE, or NULL.
const char *cpq_resultState(const PGresult *result);
const char *cpq_cmdTuples(PGresult *result);
int cpq_ntuples(const PGresult *result);
int cpq_nfields(const PGresult *result);
const char *cpq_fname(const PGresult *result, int column);
/// NULL for SQL's NULL.
const char *cpq_getvalue(const PGresult *result, int row, int column);
void cpq_clear(PGresult *result);

enum {
    cpq_pollingFailed = 0,
    cpq_pollingReading = 1,
    cpq_pollingWriting = 2,
    cpq_pollingOK = 3,
};
enum {
    cpq_commandOK = 1,
    cpq_tuplesOK = 2,
    cpq_singleTuple = 9,
};

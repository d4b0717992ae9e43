/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Logging of the mains and of the rooms from bus/ upwards: to the journal with fields when standard error is
 * connected to it, else one line a message on standard error. Rooms below are non-logging: they return errors. */

#include <syslog.h>

#include "base/macro.h"

/* Where a line belongs. 0 or NULL: not known; that journal field is left out. */
typedef struct LogContext {
        uint32_t report;  /* MIGRATION_REPORT= */
        const char *step; /* MIGRATION_STEP=, borrowed */
        uint32_t task;    /* MIGRATION_TASK= */
        uint32_t attempt; /* MIGRATION_ATTEMPT= */
} LogContext;

/* Lines above this syslog level are dropped; default LOG_INFO, $MIGRATIOND_LOG_LEVEL (a number 0..7) overrides. */
void log_open(const char *identifier);

/* Writes one line. error: a negative errno (0: none); "%m" in format shows it, and it is added as ERRNO= where there is
 * a context, which may be NULL. Returns error, so that one can write: return log_full(...). */
int log_full(int level, int error, const LogContext *context, const char *format, ...) _printf_(4, 5);

#define log_error(...) log_full(LOG_ERR, 0, NULL, __VA_ARGS__)
#define log_warning(...) log_full(LOG_WARNING, 0, NULL, __VA_ARGS__)
#define log_notice(...) log_full(LOG_NOTICE, 0, NULL, __VA_ARGS__)
#define log_info(...) log_full(LOG_INFO, 0, NULL, __VA_ARGS__)
#define log_debug(...) log_full(LOG_DEBUG, 0, NULL, __VA_ARGS__)
#define log_error_errno(e, ...) log_full(LOG_ERR, e, NULL, __VA_ARGS__)
#define log_warning_errno(e, ...) log_full(LOG_WARNING, e, NULL, __VA_ARGS__)

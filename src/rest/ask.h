/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a request asks migrationd for, on behalf of the user who asks us. */

#include "rest/request.h"

/* Each call may take that long; as D-Bus's own default. */
#define ASK_CALL_USEC (25 * USEC_PER_SEC)

/* reply: NULL when the call failed, error and e say why then: for ask_failed(). */
typedef void (*AskDone)(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e);

/* A call in the making. */
typedef struct Ask {
        Request *request;
        Call *call; /* NULL: it failed, and the request is answered */
        bool heavy; /* the reply may be large, see CALLS_HEAVY_MAX */
} Ask;

/* Begins a call of the manager, or of a report. Arguments are appended with ask_append(), the last are the options.
 */
Ask ask_manager(Request *q, const char *member);
Ask ask_report(Request *q, uint32_t id, const char *member);

/* As sd_bus_message_append(). */
void ask_append(Ask *a, const char *types, ...);

/* Appends the options, on-behalf-uid among them, and sends the call. done is called unless the request was answered
 * before. */
void ask_send(Ask *a, const ClientOption *options, size_t n, AskDone done);

/* As above, of a call without options: it is not done on behalf of anybody. */
void ask_send_plainly(Ask *a, AskDone done);

/* A property of the manager; not on behalf of anybody. */
void ask_property(Request *q, const char *name, AskDone done);

/* Answers with what an error of a call means. */
void ask_failed(Request *q, int error, const sd_bus_error *e);

/* As above, for requests with a body: errors about a field of it name the field. */
void ask_failed_field(Request *q, int error, const sd_bus_error *e);

/* Whether it is the named error, without the prefix that all of ours have. */
bool ask_error_is(const sd_bus_error *e, const char *name);

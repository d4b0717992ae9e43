/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Answers of requests. Each request gets one, the first counts; what it still has on the bus is forgotten then. */

#include <jansson.h>

#include "rest/request.h"

/* Seconds in Retry-After. */
#define ANSWER_RETRY_AFTER "5"

/* body: owned by it, NULL: none. header: one more, NULL: none. */
void request_answer_with(Request *q, unsigned status, json_t *body, const char *header, const char *value);
void request_answer(Request *q, unsigned status, json_t *body);

/* {"detail": reason} */
void request_refuse(Request *q, unsigned status, const char *reason);

/* {"field": [reason]}, with 400. */
void request_refuse_field(Request *q, const char *field, const char *reason);

/* 503 with Retry-After. */
void request_unavailable(Request *q, const char *reason);

/* 500: there is no memory, or the daemon says what it should not. Logged. */
void request_fail(Request *q, int error);

/* Forgets the calls of a request and what its handler keeps. */
void request_forget(Request *q);

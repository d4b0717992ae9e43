/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a plan's document must be before it is stored. What is in it is the migration's business. */

#include "base/macro.h"

/* A JSON object of at most PLAN_DOCUMENT_BYTES_MAX bytes, nested at most JSON_DEPTH_MAX deep, without duplicate keys.
 * *ret_error: one line with line and column, owned by the caller. Returns 0, -EFBIG, -EBADMSG or -ENOMEM. */
int document_check(const char *text, char **ret_error);

/* The steps of a definition as the array that migrationd.report_create() takes; owned by the caller, NULL when out of
 * memory. held: codes of the steps that the report is to hold before, NULL: none. */
typedef struct Definition Definition;
char *document_steps(const Definition *d, char *const *held);

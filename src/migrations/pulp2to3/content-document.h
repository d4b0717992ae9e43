/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Units that become one object of columns: what several content types share. u->data is the object's text, and the
 * temporary table pg_temp.batch_document has it. */

#include "migrations/pulp2to3/content-batch.h"

/* Takes what a conversion gave: r and reason are its result; columns and reason are taken over. */
int content_document_take(ContentBatch *b, BatchUnit *u, int r, json_t *columns, char *reason);

/* Members of a ContentType, for the table of sql_document_table. */
int content_document_copy(ContentBatch *b);
void content_document_done(BatchUnit *u);

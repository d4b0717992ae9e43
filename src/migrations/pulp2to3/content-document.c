/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/content-document.h"

#include <string.h>

int content_document_take(ContentBatch *b, BatchUnit *u, int r, json_t *columns, char *reason) {
        if (r == -EBADMSG)
                return content_batch_corrupted(b, u, reason);
        free(reason);
        if (r < 0)
                return step_fail(b->step, r, "units_%s %s: %s", b->type->name, u->id, strerror(-r));
        u->data = json_dumps(columns, JSON_COMPACT);
        json_decref(columns);
        return u->data ? 0 : step_fail(b->step, -ENOMEM, "out of memory");
}

/* A unit without document is one that is left out on purpose. */
static int copy_document(ContentBatch *b, BatchUnit *u) {
        return u->data ? database_copy_row(&b->step->database, DATABASE_PARAMS(u->id, u->data)) : 0;
}

int content_document_copy(ContentBatch *b) {
        return content_batch_copy(b, "COPY pg_temp.batch_document (unit_id, document) FROM STDIN", copy_document);
}

void content_document_done(BatchUnit *u) {
        free(u->data);
        u->data = NULL;
}

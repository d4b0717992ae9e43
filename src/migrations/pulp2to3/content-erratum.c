/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of type erratum: an advisory for each repository that has the erratum, with those of its packages that the
 * repository has. The database makes the package lists; their digests are made here, row by row, as they are of XML.
 */

#include "base/text.h"
#include "migrations/pulp2to3/advisory.h"
#include "migrations/pulp2to3/content-document.h"
#include "pulp2to3-sql.h"

/* Columns of sql_erratum_advisories. */
enum { UNIT, REPOSITORY, DOCUMENT, COLLECTIONS };

typedef struct Digest {
        char *unit_id, *repo_id; /* owned */
        char digest[ADVISORY_DIGEST_SIZE];
} Digest;

/* Of all advisories of a batch, until they can be copied: the session is busy with the query until then. */
typedef struct DigestList {
        Digest *list;
        size_t n, n_allocated;
} DigestList;

static void digest_list_done(DigestList *l) {
        for (size_t i = 0; i < l->n; i++) {
                free(l->list[i].unit_id);
                free(l->list[i].repo_id);
        }
        free(l->list);
}

static Digest *digest_list_add(DigestList *l, const char *unit_id, const char *repo_id) {
        Digest *d;

        if (l->n == l->n_allocated) {
                size_t n = l->n_allocated > 0 ? 2 * l->n_allocated : BATCH_UNITS;
                Digest *larger = reallocarray(l->list, n, sizeof(*larger));

                if (!larger)
                        return NULL;
                l->list = larger;
                l->n_allocated = n;
        }
        d = &l->list[l->n++];
        *d = (Digest){ .unit_id = strdup(unit_id), .repo_id = strdup(repo_id) };
        return d->unit_id && d->repo_id ? d : NULL;
}

/* The digest without packages tells whether libcreaterepo_c takes the texts: what it refuses is a corrupted unit. */
static int prepare(ContentBatch *b, BatchUnit *u) {
        char digest[ADVISORY_DIGEST_SIZE], *reason = NULL;
        json_t *columns = NULL;
        int r;

        r = advisory_columns(u->document, &columns, &reason);
        if (r >= 0)
                r = advisory_digest(columns, "[]", digest, &reason);
        if (r < 0) {
                json_decref(columns);
                columns = NULL;
        }
        return content_document_take(b, u, r, columns, reason);
}

static int take_row(Step *s, const PGresult *row, DigestList *l) {
        json_auto_t *columns = json_loads(PQgetvalue(row, 0, DOCUMENT), 0, NULL);
        _cleanup_(freep) char *reason = NULL;
        Digest *d = digest_list_add(l, PQgetvalue(row, 0, UNIT), PQgetvalue(row, 0, REPOSITORY));
        int r;

        if (!columns || !d)
                return step_fail(s, -ENOMEM, "out of memory");
        r = advisory_digest(columns, PQgetvalue(row, 0, COLLECTIONS), d->digest, &reason);
        return r < 0 ? step_fail(s, r, "units_erratum %s in repository %s: %s", d->unit_id, d->repo_id,
                                 reason ?: strerror(-r))
                     : 0;
}

static int make_digests(Step *s, DigestList *l) {
        int r = database_send_query(&s->database, "advisories", sql_erratum_advisories, DATABASE_NO_PARAMS), k = 0;

        if (r < 0)
                return step_fail_database(s, r);
        for (;;) {
                _cleanup_(PQclearp) PGresult *row = NULL;

                r = database_next_row(&s->database, "advisories", &row);
                if (r <= 0)
                        return r < 0 ? step_fail_database(s, r) : k;
                if (k >= 0)
                        k = take_row(s, row, l);
        }
}

static int copy_digests(Step *s, const DigestList *l) {
        int r;

        r = database_copy_begin(&s->database,
                                "COPY pg_temp.batch_advisory_digest (unit_id, repo_id, digest) FROM STDIN");
        for (size_t i = 0; i < l->n && r >= 0; i++)
                r = database_copy_row(&s->database,
                                      DATABASE_PARAMS(l->list[i].unit_id, l->list[i].repo_id, l->list[i].digest));
        if (r >= 0)
                r = database_copy_end(&s->database);
        return r < 0 ? step_fail_database(s, r) : 0;
}

static int copy(ContentBatch *b) {
        DigestList l = {};
        int r;

        r = content_document_copy(b);
        if (r < 0)
                return r;
        r = database_script(&b->step->database, "packages of advisories", sql_erratum_collections);
        if (r < 0)
                return step_fail_database(b->step, r);
        r = make_digests(b->step, &l);
        if (r >= 0)
                r = copy_digests(b->step, &l);
        digest_list_done(&l);
        return r;
}

const ContentType content_erratum = {
        .name = "erratum",
        .plugin = "rpm",
        .stage = 2,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "rpm.advisory",
        .several = true,
        .sql_table = sql_erratum_table,
        .prepare = prepare,
        .copy = copy,
        .sql_write = sql_erratum_write,
        .done = content_document_done,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Step publications: a publication for each version that a distributor publishes, unless it has one. Its metadata
 * files are written as artifacts first; then its rows in one transaction. */

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/publication.h"
#include "migrations/pulp2to3/range.h"
#include "migrations/pulp2to3/steps.h"
#include "pulp2to3-sql.h"

static int find_due(Step *s, int64_t after, int64_t to);

/* Measured: some 10 ms for a publication, 20 µs for a line of its manifest; halved, as machines differ. */
static const RangeRates rates = { .repositories = 50, .links = 25000, .due = find_due };

static const PublicationType *const types[] = {
        &publication_iso,
        &publication_rpm,
        &publication_deb,
};

/* Of one of the plan's repositories. */
typedef struct Publications {
        Publisher publisher;
        Publication *made;
        size_t n_made;
        const Range *range;
} Publications;

static const PublicationType *find_type(const char *plugin) {
        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (streq(types[i]->plugin, plugin))
                        return types[i];
        return NULL;
}

static int write_repository(Step *s, void *userdata) {
        Publications *p = userdata;
        int r = 0;

        for (size_t i = 0; i < p->n_made && r >= 0; i++)
                r = publication_write(&p->publisher, find_type(p->made[i].due.plugin), &p->made[i]);
        if (r >= 0)
                range_advance(s, p->range, p->range->due[p->range->next]);
        return r;
}

/* Columns of sql_publication_due. */
enum { VERSION, REPOSITORY, PLUGIN, PULP2_REPOSITORY, CONFIG, OPTIONS };

static int publish(Publications *p, const PGresult *due, int row) {
        Publication *publication = &p->made[p->n_made++];
        const PublicationType *type = find_type(PQgetvalue(due, row, PLUGIN));
        int r = 0;

        if (!type)
                return step_fail(p->publisher.step, -EBADMSG, "plugin %s has no publications yet",
                                 PQgetvalue(due, row, PLUGIN));
        publication->due = (Due){ .plugin = type->plugin,
                                  .version_id = PQgetvalue(due, row, VERSION),
                                  .repository = PQgetvalue(due, row, REPOSITORY),
                                  .pulp2_repository = PQgetvalue(due, row, PULP2_REPOSITORY),
                                  .config = PQgetvalue(due, row, CONFIG),
                                  .options = PQgetvalue(due, row, OPTIONS) };
        if (type->has_directory)
                r = publisher_prepare_directory(&p->publisher);
        if (r >= 0)
                r = type->publish(&p->publisher, publication);
        return r;
}

static int publish_repository(Publications *p, const PGresult *due) {
        _cleanup_(freep) char *error = NULL;
        Step *s = p->publisher.step;
        int r = 0;

        p->made = calloc((size_t) PQntuples(due) + 1, sizeof(*p->made));
        if (!p->made)
                return step_fail(s, -ENOMEM, "out of memory");
        for (int i = 0; i < PQntuples(due) && r >= 0; i++)
                r = publish(p, due, i);
        if (r < 0)
                return r;
        r = artifact_store_sync(&p->publisher.store, &error);
        return r < 0 ? step_fail(s, r, "%s", error) : step_run_batch(s, write_repository, p);
}

static int next_repository(Step *s, const Range *range, void *userdata) {
        _cleanup_(PQclearp) PGresult *due = NULL;
        Publications *p = userdata;
        int r;

        p->range = range;
        r = database_query(
                &s->database, "versions to publish", sql_publication_due,
                DATABASE_PARAMS(STEP_NUMBER(migrationd_task_report(s->task)), STEP_NUMBER(range->due[range->next])),
                &due);
        if (r < 0)
                return step_fail_database(s, r);
        r = publish_repository(p, due);
        for (size_t i = 0; i < p->n_made; i++)
                publication_done(&p->made[i]);
        free(p->made);
        p->made = NULL;
        p->n_made = 0;
        return r;
}

static int prepare(Step *s, void *userdata) {
        Publications *p = userdata;

        return publisher_open(&p->publisher, s);
}

static int find_due(Step *s, int64_t after, int64_t to) {
        return range_due(s, sql_publication_numbers, after, to);
}

int publications_expand(Step *s) {
        return range_expand(s, &rates);
}

int publications_run(Step *s) {
        Publications p = { .publisher = { .store.fd = -EBADF, .directory_fd = -EBADF } };
        int r;

        r = range_run(s, &rates, prepare, next_repository, &p);
        publisher_done(&p.publisher);
        return r;
}

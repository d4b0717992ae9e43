/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/sample-expected.h"

#include <string.h>

/* Sums over all repositories or units. */
typedef struct Totals {
        uint64_t links, migrated_links;
        uint64_t on_demand, contents, artifacts, lazy_entries, remote_artifacts;
        uint64_t filled; /* repositories that get a version beside version 0 */
} Totals;

static int compare_digests(const void *a, const void *b) {
        return memcmp(a, b, 32);
}

static int compare_u64(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

        return x < y ? -1 : x > y;
}

/* Sorts n things of a size and counts the different ones. */
static uint64_t count_distinct(void *things, size_t n, size_t size,
                               int (*compare)(const void *, const void *)) {
        uint64_t distinct = n > 0;

        qsort(things, n, size, compare);
        for (size_t i = 1; i < n; i++)
                distinct += compare((uint8_t *) things + (i - 1) * size, (uint8_t *) things + i * size) != 0;
        return distinct;
}

static int count_artifacts(const Sample *s, uint64_t *ret) {
        _cleanup_(freep) uint8_t *digests = NULL;
        size_t n = 0;

        digests = calloc(MAX(s->n_units, (size_t) 1), 32);
        if (!digests)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_units; i++)
                if (s->units[i].kind == UNIT_GOOD && sample_unit_is_migrated(&s->units[i]))
                        memcpy(digests + 32 * n++, s->units[i].sha256, 32);
        *ret = count_distinct(digests, n, 32, compare_digests);
        return 0;
}

/* Repositories with the same migrated units have the same manifest; units differ in name, so nothing else is
 * alike. */
static int count_manifests(const Sample *s, size_t n_repositories, uint64_t *ret) {
        _cleanup_(freep) uint64_t *contents = NULL;

        contents = calloc(MAX(s->n_repositories, (size_t) 1), sizeof(*contents));
        if (!contents)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_units; i++)
                for (uint8_t k = 0; sample_unit_is_migrated(&s->units[i]) && k < s->units[i].n_repositories;
                     k++) {
                        uint64_t *c = &contents[s->units[i].repositories[k]];

                        *c = sample_mix(*c + i);
                }
        *ret = count_distinct(contents, n_repositories, sizeof(*contents), compare_u64);
        return 0;
}

static int totals_count(const Sample *s, Totals *ret) {
        Totals t = {};

        for (size_t i = 0; i < s->n_units; i++) {
                const SampleUnit *u = &s->units[i];

                t.links += u->n_repositories;
                t.on_demand += u->kind == UNIT_ON_DEMAND;
                t.lazy_entries += sample_unit_lazy_entries(s, u);
                t.remote_artifacts += sample_unit_is_migrated(u) ? sample_unit_lazy_entries(s, u) : 0;
                t.contents += sample_unit_is_migrated(u);
        }
        for (size_t i = 0; i < s->n_repositories; i++) {
                t.migrated_links += s->repositories[i].n_migrated;
                t.filled += s->repositories[i].n_migrated > 0;
        }
        *ret = t;
        return count_artifacts(s, &ret->artifacts);
}

static json_t *expect_dump(const Sample *s, const Totals *t) {
        return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "repositories",
                         (json_int_t) s->n_repositories, "units", (json_int_t) s->n_units, "downloaded",
                         (json_int_t) (s->n_units - t->on_demand), "on_demand", (json_int_t) t->on_demand,
                         "remotes", (json_int_t) s->n_filled, "distributors",
                         (json_int_t) s->n_repositories, "links", (json_int_t) t->links, "lazy_entries",
                         (json_int_t) t->lazy_entries);
}

/* The rows of the first n repositories. Every distributor gives a publication, whose manifest is a content
 * with an artifact. */
static json_t *expect_tables(const Sample *s, const Totals *t, size_t n_repositories) {
        uint64_t repositories = n_repositories, remotes = s->n_filled, manifests = 0;
        int r = count_manifests(s, n_repositories, &manifests);
        const struct {
                const char *table;
                uint64_t rows;
        } tables[] = {
                { "core_artifact", t->artifacts + manifests },
                { "core_content", t->contents + repositories },
                { "core_contentartifact", t->contents + repositories },
                { "core_remoteartifact", t->remote_artifacts },
                { "core_remote", remotes },
                { "core_repository", repositories },
                { "core_repositoryversion", repositories + t->filled },
                { "core_repositorycontent", t->migrated_links },
                { "core_repositoryversioncontentdetails", 2 * t->filled },
                { "core_publication", repositories },
                { "core_publishedmetadata", repositories },
                { "core_publishedartifact", repositories },
                { "core_distribution", repositories },
                { "file_filecontent", t->contents },
                { "file_fileremote", remotes },
                { "file_filerepository", repositories },
                { "file_filepublication", repositories },
                { "file_filedistribution", repositories },
        };
        json_t *object;

        if (r < 0)
                return NULL;
        object = json_object();
        for (size_t i = 0; i < ELEMENTSOF(tables); i++)
                (void) json_object_set_new(object, tables[i].table,
                                           json_integer((json_int_t) tables[i].rows));
        return object;
}

/* A unit that is not migrated: what is wrong with its document, which is looked at first, or with its file. Only of
 * the latter the migration knows the name. */
static json_t *expect_problem(const Sample *s, uint32_t unit) {
        const SampleUnit *u = &s->units[unit];
        char id[SAMPLE_ID_SIZE], name[SAMPLE_NAME_SIZE];

        sample_unit_id(s, unit, id);
        sample_unit_name(s, unit, name);
        if (u->damage != SAMPLE_DAMAGE_NONE)
                return json_pack("{s:s, s:s, s:s}", "id", id, "kind", sample_damage_to_string(u->damage), "field",
                                 sample_unit_damaged_field(u));
        return json_pack("{s:s, s:s, s:s}", "id", id, "name", name, "kind", unit_kind_to_string(u->kind));
}

static json_t *expect_problems(const Sample *s) {
        json_t *problems = json_object(), *units = json_array();
        json_int_t n[UNIT_TRUNCATED + 1] = {}, n_documents = 0;

        for (uint32_t i = 0; i < s->n_units; i++) {
                const SampleUnit *u = &s->units[i];

                if (u->damage != SAMPLE_DAMAGE_NONE)
                        n_documents++;
                else
                        n[u->kind]++;
                if (!sample_unit_is_migrated(u))
                        (void) json_array_append_new(units, expect_problem(s, i));
        }
        (void) json_object_set_new(problems, "documents", json_integer(n_documents));
        for (UnitKind k = UNIT_CORRUPTED; k <= UNIT_TRUNCATED; k++)
                (void) json_object_set_new(problems, unit_kind_to_string(k), json_integer(n[k]));
        (void) json_object_set_new(problems, "units", units);
        return problems;
}

static json_t *expect_repositories(const Sample *s) {
        json_t *repositories = json_array();

        for (size_t i = 0; i < s->n_repositories; i++) {
                const SampleRepository *r = &s->repositories[i];

                (void) json_array_append_new(repositories,
                                             json_pack("{s:s, s:I, s:I, s:I, s:i, s:b}", "name", r->name,
                                                       "units", (json_int_t) r->n_units, "migrated",
                                                       (json_int_t) r->n_migrated, "dangling",
                                                       (json_int_t) r->n_dangling, "versions",
                                                       r->n_migrated > 0 ? 2 : 1, "empty", r->empty));
        }
        return repositories;
}

json_t *sample_expect(const Sample *s) {
        Totals t;

        if (totals_count(s, &t) < 0)
                return NULL;
        return json_pack("{s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:O}", "dump", expect_dump(s, &t), "contents",
                         (json_int_t) t.contents, "artifacts", (json_int_t) t.artifacts, "tables",
                         expect_tables(s, &t, s->n_repositories), "tables_filled",
                         expect_tables(s, &t, s->n_filled), "problems", expect_problems(s),
                         "repositories", expect_repositories(s), "plugins", s->parts);
}

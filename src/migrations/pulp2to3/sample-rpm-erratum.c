/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of type erratum, and the documents of erratum_pkglists. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-rpm.h"

/* An erratum names so many packages, one after another. */
#define PACKAGES 6
/* Errata for so many packages. */
#define PACKAGES_PER_ERRATUM 10

typedef struct Erratum {
        uint32_t number, n_packages; /* packages at first */
        uint32_t changed;
        SamplePlace place;
        SampleDamage damage;
        char id[SAMPLE_ID_SIZE], name[32];
} Erratum;

static uint32_t errata_at_first(uint32_t n) {
        return (n + PACKAGES_PER_ERRATUM - 1) / PACKAGES_PER_ERRATUM;
}

static bool erratum_make(const Sample *s, uint32_t n, uint32_t number, Erratum *ret) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE };
        Erratum e = { .number = number, .n_packages = n };
        char name[32];

        if (!sample_place(s, "rpm/erratum", errata_at_first(n), number, &e.place))
                return false;
        e.changed = sample_changed(s, "rpm/erratum/text", number, e.place.born);
        e.damage = sample_damage(s, "rpm/erratum", number, kinds, ELEMENTSOF(kinds));
        (void) snprintf(name, sizeof(name), "erratum/%" PRIu32, number);
        sample_uuid(s, name, e.id);
        (void) snprintf(e.name, sizeof(e.name), "EXSA-2019:%05" PRIu32, number + 1);
        *ret = e;
        return true;
}

static void erratum_package(const Sample *s, const Erratum *e, uint32_t i, RpmPackage *ret) {
        (void) rpm_package_make(s, e->n_packages, (e->number * PACKAGES_PER_ERRATUM + i) % e->n_packages, ret);
}

/* Which of its packages a repository has, as bits: an advisory has those, and two with equal ones are one content. */
static uint32_t erratum_packages(const Sample *s, const Erratum *e, uint32_t repository) {
        uint32_t bits = 0;
        RpmPackage p;

        for (uint32_t i = 0; i < PACKAGES; i++) {
                erratum_package(s, e, i, &p);
                if (rpm_package_is_readable(&p) && sample_place_has(&p.place, repository))
                        bits |= UINT32_C(1) << i;
        }
        return bits;
}

static int64_t erratum_advisories(const Sample *s, const Erratum *e) {
        uint32_t bits[2];
        int64_t n = 0;

        for (uint32_t k = 0; k < e->place.n; k++)
                if (e->place.unlinked[k] == 0)
                        bits[n++] = erratum_packages(s, e, e->place.repositories[k]);
        return n == 2 && bits[0] == bits[1] ? 1 : n;
}

static void append_references(bson_t *d, const Erratum *e) {
        bson_t references;
        char url[64];

        if (e->damage == SAMPLE_DAMAGE_TYPE) {
                BSON_APPEND_UTF8(d, "references", "none");
                return;
        }
        (void) snprintf(url, sizeof(url), "https://example.com/advisories/%s", e->name);
        BSON_APPEND_ARRAY_BEGIN(d, "references", &references);
        if (e->number % 3 != 2)
                BCON_APPEND(&references, "0", "{", "href", BCON_UTF8(url), "type", "self", "id", BCON_NULL, "title",
                            BCON_UTF8(e->name), "}");
        if (e->number % 3 == 1)
                BCON_APPEND(&references, "1", "{", "href", "https://example.com/bugs/7", "type", "bugzilla", "id",
                            "7", "title", "A bug <7>", "}");
        bson_append_array_end(d, &references);
}

static void write_erratum(SampleOutput *o, const Erratum *e) {
        static const char *const kinds[] = { "security", "bugfix", "enhancement" };
        char title[80], date[32];
        bson_t *d;

        (void) snprintf(title, sizeof(title), "Advisory %" PRIu32 ", revision %" PRIu32, e->number, e->changed);
        (void) snprintf(date, sizeof(date), "2019-11-%02" PRIu32 " 08:00:00", 1 + e->changed % 28);
        d = sample_output_unit(o, "erratum", e->id, sample_generation_time(e->changed), NULL, false);
        BCON_APPEND(d, "errata_id", BCON_UTF8(e->name), "status", "final", "updated", BCON_UTF8(date), "issued",
                    e->number % 2 ? "2019-10-01" : "2019-10-01 00:00:00 UTC", "description",
                    "What was wrong is right & told with <brackets>.", "pushcount",
                    BCON_UTF8(e->number % 4 ? "1" : ""));
        append_references(d, e);
        BCON_APPEND(d, "reboot_suggested", BCON_BOOL(e->number % 5 == 0), "relogin_suggested", BCON_BOOL(false),
                    "restart_suggested", BCON_BOOL(false), "from", "updates@example.com", "severity",
                    BCON_UTF8(e->number % 3 ? "" : "Important"), "rights", "", "version", "1", "release", "0", "type",
                    BCON_UTF8(kinds[e->number % ELEMENTSOF(kinds)]), "pkglist", "[", "]", "title", BCON_UTF8(title),
                    "solution", "", "summary", BCON_UTF8(title));
        sample_output_unit_end_damaged(o, e->id, e->damage, e->damage == SAMPLE_DAMAGE_FIELD ? "errata_id" : "");
        if (e->damage == SAMPLE_DAMAGE_NONE)
                sample_output_expect(o, "rpm_updaterecord", erratum_advisories(o->sample, e));
}

static void append_package(bson_t *packages, const char *key, const RpmPackage *p) {
        char source[80];

        (void) snprintf(source, sizeof(source), "%s-%s-%s.src.rpm", p->name, p->version, RPM_RELEASE);
        BCON_APPEND(packages, key, "{", "src", BCON_UTF8(source), "name", BCON_UTF8(p->name), "sum", BCON_NULL,
                    "filename", BCON_UTF8(p->filename), "epoch", RPM_EPOCH, "version", BCON_UTF8(p->version),
                    "release", RPM_RELEASE, "arch", BCON_UTF8(p->arch), "reboot_suggested",
                    BCON_BOOL(p->number % 9 == 0), "}");
}

/* The packages of a module, or those that are of none, as a collection; nothing if there are none. */
static void append_collection(const Sample *s, bson_t *collections, uint32_t *n, const Erratum *e, bool modular) {
        bson_t collection, packages;
        uint32_t found = 0;
        char key[12];
        RpmPackage p;

        for (uint32_t i = 0; i < PACKAGES; i++) {
                erratum_package(s, e, i, &p);
                found += p.modular == modular;
        }
        if (found == 0)
                return;
        (void) snprintf(key, sizeof(key), "%" PRIu32, (*n)++);
        BSON_APPEND_DOCUMENT_BEGIN(collections, key, &collection);
        BCON_APPEND(&collection, "name", BCON_UTF8(modular ? "modules" : "packages"), "short", "");
        if (modular)
                BCON_APPEND(&collection, "module", "{", "name", "forest", "stream", "1", "version", "20190101",
                            "context", "deadbeef", "arch", "x86_64", "}");
        BSON_APPEND_ARRAY_BEGIN(&collection, "packages", &packages);
        for (uint32_t i = 0, k = 0; i < PACKAGES; i++) {
                erratum_package(s, e, i, &p);
                if (p.modular != modular)
                        continue;
                (void) snprintf(key, sizeof(key), "%" PRIu32, k++);
                append_package(&packages, key, &p);
        }
        bson_append_array_end(&collection, &packages);
        bson_append_document_end(collections, &collection);
}

/* Pulp 2 keeps what each repository's feed says of the packages. */
static void write_pkglist(SampleOutput *o, const Erratum *e, uint32_t repository) {
        char id[SAMPLE_REPOSITORY_SIZE], name[64];
        bson_t *d = sample_output_document(o), collections;
        bson_oid_t oid;
        uint32_t n = 0;

        sample_repository_name("rpm", repository, id);
        (void) snprintf(name, sizeof(name), "%s/%s", e->name, id);
        sample_object(o->sample, "erratum_pkglists", name, &oid);
        BCON_APPEND(d, "_id", BCON_OID(&oid), "errata_id", BCON_UTF8(e->name), "repo_id", BCON_UTF8(id));
        BSON_APPEND_ARRAY_BEGIN(d, "collections", &collections);
        append_collection(o->sample, &collections, &n, e, false);
        append_collection(o->sample, &collections, &n, e, true);
        bson_append_array_end(d, &collections);
        BCON_APPEND(d, "_ns", "erratum_pkglists");
        sample_output_add(o, "erratum_pkglists");
}

void rpm_write_errata(SampleTally *t, uint32_t n) {
        SampleOutput *o = t->output;
        uint32_t end = sample_grown(o->sample, errata_at_first(n));
        Erratum e;

        for (uint32_t i = 0; i < end && o->error >= 0; i++)
                if (erratum_make(o->sample, n, i, &e))
                        write_erratum(o, &e);
        for (uint32_t i = 0; i < end && o->error >= 0; i++)
                for (uint32_t k = 0; erratum_make(o->sample, n, i, &e) && k < e.place.n; k++)
                        write_pkglist(o, &e, e.place.repositories[k]);
        for (uint32_t i = 0; i < end && o->error >= 0; i++)
                if (erratum_make(o->sample, n, i, &e))
                        sample_tally_link(t, &e.place, "erratum", e.id, e.damage != SAMPLE_DAMAGE_FIELD,
                                          e.damage == SAMPLE_DAMAGE_NONE);
}

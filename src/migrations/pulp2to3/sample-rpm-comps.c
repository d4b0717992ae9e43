/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of types package_group, package_category, package_environment, package_langpacks: each is of one repository.
 */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-rpm.h"

/* What a repository has: three groups, of which the first is the same in all, and one of each of the others. */
typedef enum CompsKind {
        GROUP_COMMON,
        GROUP_TREES,
        GROUP_SHRUBS,
        CATEGORY,
        ENVIRONMENT,
        LANGPACKS,
        _COMPS_MAX,
} CompsKind;

static const char *const types[_COMPS_MAX] = { "package_group",    "package_group",       "package_group",
                                               "package_category", "package_environment", "package_langpacks" };
static const char *const tables[_COMPS_MAX] = { "rpm_packagegroup",       "rpm_packagegroup",
                                                "rpm_packagegroup",       "rpm_packagecategory",
                                                "rpm_packageenvironment", "rpm_packagelangpacks" };

typedef struct Comps {
        CompsKind kind;
        SamplePlace place;
        uint32_t changed;
        SampleDamage damage;
        char id[SAMPLE_ID_SIZE], repo_id[SAMPLE_REPOSITORY_SIZE], name[64];
} Comps;

static void comps_make(const Sample *s, uint32_t repository, CompsKind kind, Comps *ret) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE };
        static const char *const names[_COMPS_MAX] = { "common",     "trees",       "shrubs",
                                                       "everything", "environment", "langpacks" };
        uint64_t index = (uint64_t) repository * _COMPS_MAX + kind;
        Comps c = { .kind = kind, .place = rpm_repository_place(s, repository) };
        char name[64];

        c.changed = kind == GROUP_COMMON ? c.place.born : sample_changed(s, "rpm/comps/text", index, c.place.born);
        c.damage = sample_damage(s, "rpm/comps", index, kinds, ELEMENTSOF(kinds));
        sample_repository_name("rpm", repository, c.repo_id);
        (void) snprintf(name, sizeof(name), "comps/%s/%s", names[kind], c.repo_id);
        sample_uuid(s, name, c.id);
        (void) snprintf(c.name, sizeof(c.name), "%s%s%s", names[kind], kind == GROUP_COMMON ? "" : "-",
                        kind == GROUP_COMMON ? "" : c.repo_id);
        *ret = c;
}

static void append_translations(bson_t *d, const Comps *c) {
        if (c->kind == GROUP_SHRUBS)
                BCON_APPEND(d, "translated_name", "{", "fr", "arbustes", "de", "Sträucher", "}",
                            "translated_description", "{", "de", "Was nicht hoch wird", "}");
        else
                BCON_APPEND(d, "translated_name", "{", "}", "translated_description", "{", "}");
}

static void append_group(bson_t *d, const Comps *c) {
        char package[32];

        (void) snprintf(package, sizeof(package), "package-%" PRIu32, c->changed);
        BCON_APPEND(d, "package_group_id", BCON_UTF8(c->name), "repo_id", BCON_UTF8(c->repo_id),
                    "default_package_names", "[", "birch-00001", "]", "optional_package_names", "[", "]",
                    "mandatory_package_names", "[", "alder-00000",
                    BCON_UTF8(c->kind == GROUP_COMMON ? "cedar" : package), "]", "name", BCON_UTF8(c->name),
                    "description", "What grows", "default", BCON_BOOL(c->kind != GROUP_SHRUBS), "display_order",
                    BCON_INT32(1024), "user_visible", BCON_BOOL(true));
        append_translations(d, c);
        if (c->kind == GROUP_SHRUBS)
                BCON_APPEND(d, "conditional_package_names", "[", "[", "ivy", "wall", "]", "]");
        else
                BCON_APPEND(d, "conditional_package_names", "[", "]");
}

static void append_category(bson_t *d, const Comps *c) {
        char description[32];

        (void) snprintf(description, sizeof(description), "Revision %" PRIu32, c->changed);
        BCON_APPEND(d, "package_category_id", BCON_UTF8(c->name), "repo_id", BCON_UTF8(c->repo_id), "packagegroupids",
                    "[", "common", "trees", "]", "display_order", BCON_INT32(90), "name", BCON_UTF8(c->name),
                    "description", BCON_UTF8(description));
        append_translations(d, c);
}

static void append_environment(bson_t *d, const Comps *c) {
        char description[32];

        (void) snprintf(description, sizeof(description), "Revision %" PRIu32, c->changed);
        BCON_APPEND(d, "package_environment_id", BCON_UTF8(c->name), "repo_id", BCON_UTF8(c->repo_id), "group_ids",
                    "[", "common", "]", "description", BCON_UTF8(description));
        append_translations(d, c);
        BCON_APPEND(d, "options", "[", "{", "group", "shrubs", "default", BCON_BOOL(true), "}", "]", "display_order",
                    BCON_INT32(90), "name", BCON_UTF8(c->name));
}

static void append_langpacks(bson_t *d, const Comps *c) {
        char install[64];

        (void) snprintf(install, sizeof(install), "%s-%" PRIu32 "-%%s", c->repo_id, c->changed);
        BCON_APPEND(d, "repo_id", BCON_UTF8(c->repo_id), "matches", "[", "{", "name", "alder", "install",
                    BCON_UTF8(install), "}", "{", "name", "birch", "install", "birch-%s", "}", "]");
}

/* The field that is missing, and the one that is of a type that only the migration of the unit finds out. */
static const char *damaged_field(const Comps *c) {
        static const char *const fields[_COMPS_MAX][2] = {
                { "package_group_id", "mandatory_package_names" }, { "package_group_id", "mandatory_package_names" },
                { "package_group_id", "mandatory_package_names" }, { "package_category_id", "packagegroupids" },
                { "package_environment_id", "options" },           { "repo_id", "matches" }
        };

        return fields[c->kind][c->damage == SAMPLE_DAMAGE_TYPE];
}

static void write_comps(SampleOutput *o, const Comps *c) {
        static void (*const appenders[_COMPS_MAX])(bson_t * d, const Comps *c) = {
                append_group, append_group, append_group, append_category, append_environment, append_langpacks
        };
        bson_t *d = sample_output_unit(o, types[c->kind], c->id, sample_generation_time(c->changed), NULL, false);

        appenders[c->kind](d, c);
        sample_output_unit_end_damaged(o, c->id, c->damage, damaged_field(c));
        if (c->kind != GROUP_COMMON)
                sample_output_expect(o, tables[c->kind], c->damage == SAMPLE_DAMAGE_NONE);
}

void rpm_write_comps(SampleTally *t) {
        SampleOutput *o = t->output;
        bool has_common = false;
        Comps c;

        for (CompsKind kind = 0; kind < _COMPS_MAX; kind++)
                for (uint32_t i = t->first; i < t->end && o->error >= 0; i++) {
                        comps_make(o->sample, i, kind, &c);
                        write_comps(o, &c);
                        has_common = has_common || (kind == GROUP_COMMON && c.damage == SAMPLE_DAMAGE_NONE);
                }
        sample_output_expect(o, "rpm_packagegroup", has_common);
        for (uint32_t i = t->first; i < t->end && o->error >= 0; i++)
                for (CompsKind kind = 0; kind < _COMPS_MAX; kind++) {
                        comps_make(o->sample, i, kind, &c);
                        sample_tally_link(t, &c.place, types[kind], c.id, c.damage != SAMPLE_DAMAGE_FIELD,
                                          c.damage == SAMPLE_DAMAGE_NONE);
                }
}

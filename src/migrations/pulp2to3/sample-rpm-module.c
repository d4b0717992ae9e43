/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of types modulemd and modulemd_defaults. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-rpm.h"

/* One of four names in a row has a module: one for so many packages, which begin at the fifth of them. */
#define PACKAGES_PER_MODULE 16
#define FIRST_PACKAGE 4
#define ARTIFACTS 4

#define MODULE_TEXT_MAX 2048

typedef struct Module {
        uint32_t number, n_packages;
        SamplePlace place;
        SampleDamage damage;
        char id[SAMPLE_ID_SIZE], name[32], stream[8];
        uint64_t version;
} Module;

static uint32_t modules_at_first(uint32_t n) {
        return (n + PACKAGES_PER_MODULE - 1) / PACKAGES_PER_MODULE;
}

static bool module_make(const Sample *s, uint32_t n, uint32_t number, Module *ret) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE, SAMPLE_DAMAGE_TEXT };
        Module m = { .number = number, .n_packages = n, .version = UINT64_C(20190101000000) + number };
        char name[32];

        if (!sample_place(s, "rpm/modulemd", modules_at_first(n), number, &m.place))
                return false;
        m.damage = sample_damage(s, "rpm/modulemd", number, kinds, ELEMENTSOF(kinds));
        (void) snprintf(name, sizeof(name), "modulemd/%" PRIu32, number);
        sample_uuid(s, name, m.id);
        (void) snprintf(m.name, sizeof(m.name), "forest-%05" PRIu32, number / 2);
        (void) snprintf(m.stream, sizeof(m.stream), "%" PRIu32 ".0", number % 2 + 1);
        *ret = m;
        return true;
}

/* "name-epoch:version-release.arch" */
static void module_artifact(const Sample *s, const Module *m, uint32_t i, char *ret, size_t size) {
        uint32_t number = (m->number * PACKAGES_PER_MODULE + FIRST_PACKAGE + i) % m->n_packages;
        RpmPackage p;

        (void) rpm_package_make(s, m->n_packages, number, &p);
        (void) snprintf(ret, size, "%s-" RPM_EPOCH ":%s-" RPM_RELEASE ".%s", p.name, p.version, p.arch);
}

static size_t module_text(const Sample *s, const Module *m, char text[static MODULE_TEXT_MAX]) {
        char artifact[80];
        size_t n;

        n = (size_t) snprintf(text, MODULE_TEXT_MAX,
                              "---\ndocument: modulemd\nversion: 2\ndata:\n  name: %s\n  stream: %s\n"
                              "  version: %" PRIu64 "\n  context: deadbeef\n  arch: x86_64\n  summary: Trees\n"
                              "  description: >-\n    A forest.\n  license:\n    module:\n    - MIT\n"
                              "  artifacts:\n    rpms:\n",
                              m->name, m->stream, m->version);
        for (uint32_t i = 0; i < ARTIFACTS; i++) {
                module_artifact(s, m, i, artifact, sizeof(artifact));
                n += (size_t) snprintf(text + n, MODULE_TEXT_MAX - n, "    - %s\n", artifact);
        }
        return n + (size_t) snprintf(text + n, MODULE_TEXT_MAX - n, "...\n");
}

static void append_artifacts(const Sample *s, bson_t *d, const Module *m) {
        char artifact[80], key[12];
        bson_t artifacts;

        if (m->damage == SAMPLE_DAMAGE_TYPE) {
                BSON_APPEND_INT32(d, "artifacts", ARTIFACTS);
                return;
        }
        BSON_APPEND_ARRAY_BEGIN(d, "artifacts", &artifacts);
        for (uint32_t i = 0; i < ARTIFACTS; i++) {
                module_artifact(s, m, i, artifact, sizeof(artifact));
                (void) snprintf(key, sizeof(key), "%" PRIu32, i);
                BSON_APPEND_UTF8(&artifacts, key, artifact);
        }
        bson_append_array_end(d, &artifacts);
}

static void write_module(SampleOutput *o, const Module *m) {
        char text[MODULE_TEXT_MAX], checksum[65], key[256], directory[SAMPLE_KEY_DIRECTORY_SIZE], path[160];
        size_t size = module_text(o->sample, m, text);
        bson_t *d;

        (void) snprintf(key, sizeof(key), "archx86_64contextdeadbeefname%sstream%sversion%" PRIu64, m->name,
                        m->stream, m->version);
        if (sample_sha256(text, size, checksum) < 0 || sample_key_directory("modulemd", key, directory) < 0) {
                sample_output_fail(o, -EIO, NULL);
                return;
        }
        /* Here the path is that of the file. */
        (void) snprintf(path, sizeof(path), SAMPLE_CONTENT_ROOT "%s", directory);
        if (m->damage == SAMPLE_DAMAGE_TEXT)
                text[0] ^= 1;
        sample_output_file(o, directory, text, size);
        d = sample_output_unit(o, "modulemd", m->id, sample_generation_time(m->place.born), path, true);
        BCON_APPEND(d, "name", BCON_UTF8(m->name), "stream", BCON_UTF8(m->stream), "version",
                    BCON_INT64((int64_t) m->version), "context", "deadbeef", "arch", "x86_64", "summary", "Trees",
                    "description", "A forest.", "profiles", "{", "default", "[", BCON_UTF8(m->name), "]", "}");
        append_artifacts(o->sample, d, m);
        BCON_APPEND(d, "checksum", BCON_UTF8(checksum), "dependencies", "[", "{", "platform", "[", "el8", "]", "}",
                    "]");
        sample_output_unit_end_damaged(o, m->id, m->damage, m->damage == SAMPLE_DAMAGE_FIELD ? "context" : "");
        sample_output_expect(o, "rpm_modulemd", m->damage == SAMPLE_DAMAGE_NONE);
}

/* The defaults of a module, one of two, in one of its repositories. */
typedef struct Defaults {
        const Module *module;
        uint32_t repository;
        uint32_t changed;
        SampleDamage damage;
        char id[SAMPLE_ID_SIZE], repo_id[SAMPLE_REPOSITORY_SIZE];
} Defaults;

static bool defaults_make(const Sample *s, const Module *m, uint32_t k, Defaults *ret) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TEXT };
        uint64_t index = (uint64_t) m->number << 20 | m->place.repositories[k];
        Defaults f = { .module = m, .repository = m->place.repositories[k] };
        char name[48];

        if (m->number % 2 > 0)
                return false;
        f.changed = sample_changed(s, "rpm/defaults/text", index, m->place.born);
        f.damage = sample_damage(s, "rpm/defaults", index, kinds, ELEMENTSOF(kinds));
        sample_repository_name("rpm", f.repository, f.repo_id);
        (void) snprintf(name, sizeof(name), "modulemd_defaults/%" PRIu32 "/%s", m->number, f.repo_id);
        sample_uuid(s, name, f.id);
        *ret = f;
        return true;
}

/* A BSON document, kept as a text by Pulp 2; some have it as binary. */
static void append_profiles(bson_t *d, const Defaults *f) {
        bson_t *profiles = BCON_NEW(BCON_UTF8(f->module->stream), "[", "default", "]", "9.0", "[", "other", "]");
        const char *data = (const char *) bson_get_data(profiles);

        if (f->damage == SAMPLE_DAMAGE_TEXT)
                BSON_APPEND_UTF8(d, "profiles", "default");
        else if (f->module->number % 4 == 0)
                (void) bson_append_utf8(d, "profiles", -1, data, (int) profiles->len);
        else
                BSON_APPEND_BINARY(d, "profiles", BSON_SUBTYPE_BINARY, (const uint8_t *) data, profiles->len);
        bson_destroy(profiles);
}

static void write_defaults(SampleOutput *o, const Defaults *f) {
        char text[320], checksum[65], key[160], directory[SAMPLE_KEY_DIRECTORY_SIZE], path[160];
        bson_t *d;
        int size;

        size = snprintf(text, sizeof(text),
                        "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: %s\n  stream: %s\n"
                        "  profiles:\n    %s: [default]\n    9.0: [other]\n# revision %" PRIu32 " in %s\n...\n",
                        f->module->name, f->module->stream, f->module->stream, f->changed, f->repo_id);
        (void) snprintf(key, sizeof(key), "name%srepo_id%s", f->module->name, f->repo_id);
        if (sample_sha256(text, (size_t) size, checksum) < 0 ||
            sample_key_directory("modulemd_defaults", key, directory) < 0) {
                sample_output_fail(o, -EIO, NULL);
                return;
        }
        (void) snprintf(path, sizeof(path), SAMPLE_CONTENT_ROOT "%s", directory);
        sample_output_file(o, directory, text, (size_t) size);
        d = sample_output_unit(o, "modulemd_defaults", f->id, sample_generation_time(f->changed), path, true);
        BCON_APPEND(d, "name", BCON_UTF8(f->module->name), "repo_id", BCON_UTF8(f->repo_id), "stream",
                    BCON_UTF8(f->module->stream));
        append_profiles(d, f);
        BCON_APPEND(d, "checksum", BCON_UTF8(checksum));
        sample_output_unit_end_damaged(o, f->id, f->damage, f->damage == SAMPLE_DAMAGE_FIELD ? "checksum" : "");
        sample_output_expect(o, "rpm_modulemddefaults", f->damage == SAMPLE_DAMAGE_NONE);
}

static void link_defaults(SampleTally *t, const Module *m, uint32_t k) {
        Defaults f;
        SamplePlace place = { .born = m->place.born, .n = 1, .repositories = { m->place.repositories[k] } };

        if (defaults_make(t->output->sample, m, k, &f))
                sample_tally_link(t, &place, "modulemd_defaults", f.id, f.damage != SAMPLE_DAMAGE_FIELD,
                                  f.damage == SAMPLE_DAMAGE_NONE);
}

void rpm_write_modules(SampleTally *t, uint32_t n) {
        SampleOutput *o = t->output;
        const Sample *s = o->sample;
        uint32_t end = sample_grown(s, modules_at_first(n));
        Defaults f;
        Module m;

        for (uint32_t i = 0; i < end && o->error >= 0; i++)
                if (module_make(s, n, i, &m))
                        write_module(o, &m);
        for (uint32_t i = 0; i < end && o->error >= 0; i++)
                for (uint32_t k = 0; module_make(s, n, i, &m) && k < m.place.n; k++)
                        if (defaults_make(s, &m, k, &f))
                                write_defaults(o, &f);
        for (uint32_t i = 0; i < end && o->error >= 0; i++) {
                if (!module_make(s, n, i, &m))
                        continue;
                sample_tally_link(t, &m.place, "modulemd", m.id, m.damage != SAMPLE_DAMAGE_FIELD,
                                  m.damage == SAMPLE_DAMAGE_NONE);
                for (uint32_t k = 0; k < m.place.n; k++)
                        link_defaults(t, &m, k);
        }
}

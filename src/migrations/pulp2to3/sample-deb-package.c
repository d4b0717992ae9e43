/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of type deb. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-deb.h"

static const char *const words[] = { "amber",  "basalt", "calcite", "dolomite", "emerald", "flint",
                                     "garnet", "halite", "iron",    "jasper",   "kyanite", "lapis" };

/* Two packages in a row are the versions of one name. */
bool deb_package_make(const Sample *s, uint32_t n, uint32_t number, DebPackage *ret) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE, SAMPLE_DAMAGE_CHECKSUM,
                                              SAMPLE_DAMAGE_TEXT };
        static const char *const architectures[] = { "amd64", "arm64", "all", "i386" };
        DebPackage p = { .number = number,
                         .architecture = architectures[number / 2 % ELEMENTSOF(architectures)],
                         .component = number / 2 % 3 == 0,
                         .in_second_release = number % 2 == 1 };
        char name[32];

        if (!sample_place(s, "deb/package", n, number, &p.place))
                return false;
        p.damage = sample_damage(s, "deb/package", number, kinds, ELEMENTSOF(kinds));
        (void) snprintf(name, sizeof(name), "deb/%" PRIu32, number);
        sample_uuid(s, name, p.id);
        (void) snprintf(p.name, sizeof(p.name), "%s-%05" PRIu32, words[number / 2 % ELEMENTSOF(words)], number / 2);
        (void) snprintf(p.version, sizeof(p.version), "%s1.%" PRIu32 "-1", number % 6 < 2 ? "1:" : "", number % 2);
        (void) snprintf(p.filename, sizeof(p.filename), "%s_1.%" PRIu32 "-1_%s.deb", p.name, number % 2,
                        p.architecture);
        *ret = p;
        return true;
}

/* Fields with a column of Pulp 3, without one, and some with texts of several lines. */
static void append_optional_fields(bson_t *control, const DebPackage *p) {
        if (p->number % 2 == 0)
                BCON_APPEND(control, "Depends", "libc6 (>= 2.28), granite | marble", "Section", "libs", "Priority",
                            "optional");
        if (p->number % 3 == 0)
                BCON_APPEND(control, "Source", BCON_UTF8(p->name), "Homepage", "https://example.com/", "Multi-Arch",
                            "same");
        if (p->number % 5 == 0)
                BCON_APPEND(control, "Breaks", "slate (<< 2)", "Replaces", "slate (<< 2)", "Provides", "stone",
                            "Conflicts", "chalk", "Pre-Depends", "dpkg", "Recommends", "sand", "Suggests", "clay",
                            "Enhances", "quarry");
        if (p->number % 7 == 0)
                BCON_APPEND(control, "Essential", "yes", "Build-Essential", "no", "Tag", "role::program", "Bugs",
                            "https://example.com/bugs", "Origin", "Example");
        if (p->number % 11 == 0)
                BCON_APPEND(control, "Ruby-Versions", "all", "Original-Maintainer", "Ältere <old@example.com>");
        BCON_APPEND(control, "Installed-Size", BCON_UTF8(p->number % 9 == 8 ? "unknown" : "42"));
}

static void append_control(bson_t *d, const DebPackage *p) {
        bson_t control;

        BSON_APPEND_DOCUMENT_BEGIN(d, "control_fields", &control);
        BCON_APPEND(&control, "Package", BCON_UTF8(p->name), "Version", BCON_UTF8(p->version), "Architecture",
                    BCON_UTF8(p->architecture));
        if (p->damage != SAMPLE_DAMAGE_TEXT)
                BCON_APPEND(&control, "Maintainer", "Packager <packager@example.com>");
        append_optional_fields(&control, p);
        BCON_APPEND(&control, "Description", "A stone\n It was found in a river.\n .\n It is round.");
        bson_append_document_end(d, &control);
}

static void append_document(bson_t *d, const DebPackage *p, const char *checksum, size_t size) {
        BCON_APPEND(d, "name", BCON_UTF8(p->name), "version", BCON_UTF8(p->version), "architecture",
                    BCON_UTF8(p->architecture), "checksumtype",
                    BCON_UTF8(p->damage == SAMPLE_DAMAGE_CHECKSUM ? "crc32" : "sha256"), "checksum",
                    BCON_UTF8(checksum), "filename", BCON_UTF8(p->filename), "sha256", BCON_UTF8(checksum), "size",
                    BCON_INT32((int32_t) size));
        append_control(d, p);
        BCON_APPEND(d, "maintainer", "Packager <packager@example.com>", "installed_size", "42", "section", "libs",
                    "priority", "optional", "multi_arch", "same", "description", "A stone");
}

static void write_package(SampleOutput *o, const DebPackage *p) {
        static const char *const fields[_SAMPLE_DAMAGE_MAX] = {
                [SAMPLE_DAMAGE_FIELD] = "checksum", [SAMPLE_DAMAGE_TYPE] = "filename"
        };
        size_t size = 128 + sample_draw(o->sample, "deb/size", p->number) % (DEB_BYTES_MAX - 128);
        char checksum[65], key[320], directory[SAMPLE_KEY_DIRECTORY_SIZE], path[256];
        uint8_t bytes[DEB_BYTES_MAX];
        int r;

        sample_fill(o->sample, "deb/bytes", p->number, p->filename, bytes, size);
        r = sample_sha256(bytes, size, checksum);
        if (r >= 0) {
                (void) snprintf(key, sizeof(key), "architecture%schecksum%schecksumtypesha256name%sversion%s",
                                p->architecture, checksum, p->name, p->version);
                r = sample_key_directory("deb", key, directory);
        }
        if (r < 0) {
                sample_output_fail(o, r, NULL);
                return;
        }
        (void) snprintf(path, sizeof(path), SAMPLE_CONTENT_ROOT "%s/%s", directory, p->filename);
        sample_output_file(o, path + strlen(SAMPLE_CONTENT_ROOT), bytes, size);
        append_document(sample_output_unit(o, "deb", p->id, sample_generation_time(p->place.born), path, true), p,
                        checksum, size);
        sample_output_unit_end_damaged(o, p->id, p->damage, fields[p->damage]);
        sample_output_expect(o, "deb_package", p->damage == SAMPLE_DAMAGE_NONE);
}

void deb_write_packages(SampleTally *t, uint32_t n) {
        SampleOutput *o = t->output;
        uint32_t end = sample_grown(o->sample, n);
        DebPackage p;

        for (uint32_t i = 0; i < end && o->error >= 0; i++)
                if (deb_package_make(o->sample, n, i, &p))
                        write_package(o, &p);
        for (uint32_t i = 0; i < end && o->error >= 0; i++)
                if (deb_package_make(o->sample, n, i, &p))
                        sample_tally_link(t, &p.place, "deb", p.id,
                                          p.damage != SAMPLE_DAMAGE_FIELD && p.damage != SAMPLE_DAMAGE_TYPE,
                                          p.damage == SAMPLE_DAMAGE_NONE);
}

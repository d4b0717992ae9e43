/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of types rpm and srpm. */

#include <inttypes.h>
#include <stdio.h>
#include <zlib.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-rpm.h"

/* More than any snippet here has. */
#define SNIPPET_MAX 8192

static const char *const words[] = { "alder",  "birch", "cedar", "dogwood", "elm",    "fir",
                                     "ginkgo", "hazel", "ivy",   "juniper", "laurel", "maple" };

bool rpm_package_is_readable(const RpmPackage *p) {
        return p->damage != SAMPLE_DAMAGE_FIELD && p->damage != SAMPLE_DAMAGE_TYPE;
}

bool rpm_package_is_migrated(const RpmPackage *p) {
        return p->damage == SAMPLE_DAMAGE_NONE;
}

/* Four packages in a row are versions of one name; one of four names belongs to a module. */
bool rpm_package_make(const Sample *s, uint32_t n, uint32_t number, RpmPackage *ret) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE, SAMPLE_DAMAGE_CHECKSUM,
                                              SAMPLE_DAMAGE_TEXT };
        static const char *const archs[] = { "noarch", "x86_64", "aarch64" };
        bool is_source = number % 8 == 7;
        RpmPackage p = { .number = number,
                         .type = is_source ? "srpm" : "rpm",
                         .downloaded = number % 3 != 1,
                         .modular = !is_source && number / 4 % 4 == 1 };
        bool is_there = sample_place(s, "rpm/package", n, number, &p.place);
        char name[32];

        p.damage = sample_damage(s, "rpm/package", number, kinds, ELEMENTSOF(kinds));
        (void) snprintf(name, sizeof(name), "rpm/%" PRIu32, number);
        sample_uuid(s, name, p.id);
        (void) snprintf(p.name, sizeof(p.name), "%s-%05" PRIu32, words[number / 4 % ELEMENTSOF(words)], number / 4);
        (void) snprintf(p.version, sizeof(p.version), "1.%" PRIu32, number % 4);
        (void) snprintf(p.arch, sizeof(p.arch), "%s", is_source ? "src" : archs[number / 4 % ELEMENTSOF(archs)]);
        (void) snprintf(p.filename, sizeof(p.filename), "%s-%s-%s.%s.rpm", p.name, p.version, RPM_RELEASE, p.arch);
        *ret = p;
        return is_there;
}

int rpm_file_make(const Sample *s, const RpmPackage *p, RpmFile *ret) {
        char key[320], directory[SAMPLE_KEY_DIRECTORY_SIZE];
        int r;

        ret->size = 256 + sample_draw(s, "rpm/size", p->number) % (RPM_BYTES_MAX - 256);
        sample_fill(s, "rpm/bytes", p->number, p->filename, ret->bytes, ret->size);
        r = sample_sha256(ret->bytes, ret->size, ret->checksum);
        if (r < 0)
                return r;
        (void) snprintf(key, sizeof(key), "arch%schecksum%schecksumtypesha256epoch%sname%srelease%sversion%s",
                        p->arch, ret->checksum, RPM_EPOCH, p->name, RPM_RELEASE, p->version);
        r = sample_key_directory(p->type, key, directory);
        (void) snprintf(ret->path, sizeof(ret->path), "%s/%s", directory, p->filename);
        return r;
}

/* Appends to a text of SNIPPET_MAX bytes. */
_printf_(2, 3) static void append(char *text, const char *format, ...) {
        size_t n = strlen(text);
        va_list ap;

        va_start(ap, format);
        (void) vsnprintf(text + n, SNIPPET_MAX - n, format, ap);
        va_end(ap);
}

static void append_dependencies(char *text, const RpmPackage *p) {
        append(text,
               "    <rpm:provides>\n      <rpm:entry name=\"%s\" flags=\"EQ\" epoch=\"0\" ver=\"%s\" rel=\"%s\"/>\n"
               "    </rpm:provides>\n",
               p->name, p->version, RPM_RELEASE);
        if (p->number % 2 == 0)
                append(text,
                       "    <rpm:requires>\n      <rpm:entry name=\"%s\" flags=\"GE\" epoch=\"0\" ver=\"1.0\"/>\n"
                       "      <rpm:entry name=\"/bin/sh\" pre=\"1\"/>\n    </rpm:requires>\n",
                       words[(p->number + 1) % ELEMENTSOF(words)]);
        if (p->number % 7 == 0)
                append(text,
                       "    <rpm:conflicts>\n      <rpm:entry name=\"bramble\"/>\n    </rpm:conflicts>\n"
                       "    <rpm:obsoletes>\n      <rpm:entry name=\"briar\" flags=\"LT\" epoch=\"1\" ver=\"2\"/>\n"
                       "    </rpm:obsoletes>\n");
        if (p->number % 11 == 0)
                append(text, "    <rpm:recommends>\n      <rpm:entry name=\"moss\"/>\n    </rpm:recommends>\n");
}

/* As Pulp 2 keeps it: with variables where the checksum goes. Braces elsewhere are no variables. */
static void make_primary(const RpmPackage *p, size_t size, char *text) {
        *text = 0;
        append(text,
               "<package type=\"rpm\">\n  <name>%s</name>\n  <arch>%s</arch>\n"
               "  <version epoch=\"0\" ver=\"%s\" rel=\"%s\"/>\n"
               "  <checksum type=\"{{ checksumtype }}\" pkgid=\"YES\">{{ checksum }}</checksum>\n"
               "  <summary>The %s of package %" PRIu32 "</summary>\n",
               p->name, p->arch, p->version, RPM_RELEASE, words[p->number % ELEMENTSOF(words)], p->number);
        append(text, "  <description>%s</description>\n  <packager>%s</packager>\n  <url>%s</url>\n",
               p->number % 13 == 0 ? "Writes &lt;b&gt; &amp; {{ braces }} – and a tree: 木" : "It is made up.",
               p->number % 3 == 0 ? "Packager &lt;packager@example.com&gt;" : "",
               p->number % 4 == 0 ? "https://example.com/" : "");
        append(text,
               "  <time file=\"%" PRIu32 "\" build=\"%" PRIu32 "\"/>\n"
               "  <size package=\"%zu\" installed=\"%zu\" archive=\"%zu\"/>\n"
               "  <location href=\"Packages/%c/%s\"/>\n  <format>\n    <rpm:license>GPLv2</rpm:license>\n"
               "    <rpm:vendor>%s</rpm:vendor>\n    <rpm:group>Unspecified</rpm:group>\n"
               "    <rpm:buildhost>build.example.com</rpm:buildhost>\n",
               1500000000 + p->number, 1400000000 + p->number, size, 3 * size, 2 * size, *p->name, p->filename,
               p->number % 2 == 0 ? "Example" : "");
        if (streq(p->type, "rpm"))
                append(text, "    <rpm:sourcerpm>%s-%s-%s.src.rpm</rpm:sourcerpm>\n", p->name, p->version,
                       RPM_RELEASE);
        append(text, "    <rpm:header-range start=\"280\" end=\"%" PRIu32 "\"/>\n", 1000 + p->number % 1000);
        append_dependencies(text, p);
        append(text, "    <file>/usr/bin/%s</file>\n  </format>\n</package>\n", p->name);
}

static void make_filelists(const RpmPackage *p, char *text) {
        *text = 0;
        append(text,
               "<package pkgid=\"{{ pkgid }}\" name=\"%s\" arch=\"%s\">\n"
               "  <version epoch=\"0\" ver=\"%s\" rel=\"%s\"/>\n  <file>/usr/bin/%s</file>\n"
               "  <file type=\"dir\">/usr/share/doc/%s</file>\n",
               p->name, p->arch, p->version, RPM_RELEASE, p->name, p->name);
        for (uint32_t i = 0; i < p->number % 6; i++)
                append(text, "  <file%s>/usr/share/doc/%s/part-%" PRIu32 "</file>\n", i == 3 ? " type=\"ghost\"" : "",
                       p->name, i);
        append(text, "</package>\n");
}

/* Some have more entries than Pulp 3 keeps. */
static void make_other(const RpmPackage *p, char *text) {
        *text = 0;
        append(text,
               "<package pkgid=\"{{ pkgid }}\" name=\"%s\" arch=\"%s\">\n"
               "  <version epoch=\"0\" ver=\"%s\" rel=\"%s\"/>\n",
               p->name, p->arch, p->version, RPM_RELEASE);
        for (uint32_t i = 0; i < p->number % 14; i++)
                append(text,
                       "  <changelog author=\"Packager &lt;p@example.com&gt; - 1.%" PRIu32 "\" date=\"%" PRIu32 "\">"
                       "- change %" PRIu32 "</changelog>\n",
                       i, 1300000000 + 86400 * i, i);
        append(text, "</package>\n");
}

static void append_snippet(SampleOutput *o, bson_t *repodata, const char *name, const char *text) {
        uint8_t compressed[SNIPPET_MAX + 64];
        uLongf size = sizeof(compressed);

        if (compress(compressed, &size, (const uint8_t *) text, strlen(text)) != Z_OK)
                sample_output_fail(o, -EIO, NULL);
        else
                BSON_APPEND_BINARY(repodata, name, BSON_SUBTYPE_BINARY, compressed, (uint32_t) size);
}

static void append_repodata(SampleOutput *o, bson_t *d, const RpmPackage *p, size_t size) {
        char text[SNIPPET_MAX];
        bson_t repodata;

        BSON_APPEND_DOCUMENT_BEGIN(d, "repodata", &repodata);
        make_filelists(p, text);
        append_snippet(o, &repodata, "filelists", text);
        make_other(p, text);
        append_snippet(o, &repodata, "other", text);
        make_primary(p, size, text);
        if (p->damage == SAMPLE_DAMAGE_TEXT)
                BSON_APPEND_BINARY(&repodata, "primary", BSON_SUBTYPE_BINARY, (const uint8_t *) text,
                                   (uint32_t) strlen(text));
        else
                append_snippet(o, &repodata, "primary", text);
        bson_append_document_end(d, &repodata);
}

/* The fields that the migration does not read are there as well, as far as they have a size. */
static void append_rest(bson_t *d, const RpmPackage *p) {
        BCON_APPEND(d, "description", "It is made up.", "header_range", "{", "start", BCON_INT32(280), "end",
                    BCON_INT32(1000), "}", "license", "GPLv2", "changelog", "[", "]", "summary", "A package", "time",
                    BCON_INT32(1500000000), "requires", "[", "]", "recommends", "[", "]", "provides", "[", "{",
                    "name", BCON_UTF8(p->name), "flags", "EQ", "epoch", RPM_EPOCH, "version", BCON_UTF8(p->version),
                    "release", RPM_RELEASE, "}", "]", "files", "{", "file", "[", "]", "dir", "[", "]", "}");
        if (streq(p->type, "rpm"))
                BCON_APPEND(d, "sourcerpm", "", "is_modular", BCON_BOOL(p->modular));
}

static void write_document(SampleOutput *o, const RpmPackage *p, const RpmFile *f) {
        static const char *const fields[_SAMPLE_DAMAGE_MAX] = {
                [SAMPLE_DAMAGE_FIELD] = "checksum", [SAMPLE_DAMAGE_TYPE] = "size"
        };
        char path[256];
        bson_t *d;

        (void) snprintf(path, sizeof(path), SAMPLE_CONTENT_ROOT "%s", f->path);
        d = sample_output_unit(o, p->type, p->id, sample_generation_time(p->place.born), path, p->downloaded);
        BCON_APPEND(d, "checksum", BCON_UTF8(f->checksum), "checksumtype",
                    BCON_UTF8(p->damage == SAMPLE_DAMAGE_CHECKSUM ? "crc32" : "sha256"), "checksums", "{", "sha256",
                    BCON_UTF8(f->checksum), "}", "version_sort_index", BCON_UTF8(p->version), "release_sort_index",
                    RPM_RELEASE, "name", BCON_UTF8(p->name), "epoch", RPM_EPOCH, "version", BCON_UTF8(p->version),
                    "release", RPM_RELEASE, "arch", BCON_UTF8(p->arch), "build_time", BCON_INT32(1400000000),
                    "buildhost", "build.example.com", "size", BCON_INT32((int32_t) f->size), "filename",
                    BCON_UTF8(p->filename), "relativepath", BCON_UTF8(p->filename), "group", "Unspecified");
        append_repodata(o, d, p, f->size);
        append_rest(d, p);
        sample_output_unit_end_damaged(o, p->id, p->damage, fields[p->damage]);
}

static void write_package(SampleOutput *o, const RpmPackage *p) {
        RpmFile f;
        int r = rpm_file_make(o->sample, p, &f);

        if (r < 0) {
                sample_output_fail(o, r, NULL);
                return;
        }
        if (p->downloaded)
                sample_output_file(o, f.path, f.bytes, f.size);
        write_document(o, p, &f);
        sample_output_expect(o, "rpm_package", rpm_package_is_migrated(p));
}

/* An importer's entries stay when the package was removed from the repository. */
static void write_lazy_entries(SampleOutput *o, const RpmPackage *p) {
        char repository[SAMPLE_REPOSITORY_SIZE], feed[RPM_FEED_SIZE], path[256], url[256];
        RpmFile f;
        int r = rpm_file_make(o->sample, p, &f);

        if (r < 0)
                sample_output_fail(o, r, NULL);
        (void) snprintf(path, sizeof(path), SAMPLE_CONTENT_ROOT "%s", f.path);
        for (uint32_t k = 0; k < p->place.n && r >= 0; k++) {
                sample_repository_name("rpm", p->place.repositories[k], repository);
                rpm_feed(repository, 0, feed);
                (void) snprintf(url, sizeof(url), "%sPackages/%c/%s", feed, *p->name, p->filename);
                sample_output_lazy(o, repository, p->type, p->id, path, url, f.checksum);
                sample_output_expect(o, "core_remoteartifact", rpm_package_is_migrated(p));
        }
}

void rpm_write_packages(SampleTally *t, uint32_t n) {
        SampleOutput *o = t->output;
        uint32_t end = sample_grown(o->sample, n);
        RpmPackage p;

        for (int source = 0; source <= 1; source++)
                for (uint32_t i = 0; i < end && o->error >= 0; i++)
                        if ((i % 8 == 7) == source && rpm_package_make(o->sample, n, i, &p))
                                write_package(o, &p);
        for (uint32_t i = 0; i < end && o->error >= 0; i++)
                if (rpm_package_make(o->sample, n, i, &p))
                        sample_tally_link(t, &p.place, p.type, p.id, rpm_package_is_readable(&p),
                                          rpm_package_is_migrated(&p));
        for (uint32_t i = 0; i < end && o->error >= 0; i++)
                if (i % 3 == 1 && rpm_package_make(o->sample, n, i, &p))
                        write_lazy_entries(o, &p);
}

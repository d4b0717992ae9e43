/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Feeds bytes to what reads the documents of an archive, and to the parsers of what is in them: .treeinfo files,
 * repodata, groups, modules, control fields, advisories, docker manifests. The entry point is that of libFuzzer; without one,
 * fuzz-document-main.c calls it. */

#include "fuzz/fuzz-document.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/text.h"
#include "migrations/pulp2to3/advisory.h"
#include "migrations/pulp2to3/bson-check.h"
#include "migrations/pulp2to3/comps-columns.h"
#include "migrations/pulp2to3/deb-control.h"
#include "migrations/pulp2to3/docker.h"
#include "migrations/pulp2to3/dump-unit.h"
#include "migrations/pulp2to3/hex.h"
#include "migrations/pulp2to3/modulemd.h"
#include "migrations/pulp2to3/package-xml.h"
#include "migrations/pulp2to3/plugin.h"
#include "migrations/pulp2to3/remote.h"
#include "migrations/pulp2to3/treeinfo-write.h"

/* Whatever is wrong is a bad message with a text that says so; nothing else is. */
static int check(int r, const char *reason) {
        if ((r < 0) != (reason != NULL) || (r < 0 && r != -EBADMSG)) {
                fprintf(stderr, "%s with the reason \"%s\"\n", strerror(-r), reason ?: "");
                abort();
        }
        return r;
}

/* The columns have to be an object that can be written. */
static void check_columns(json_t *columns) {
        _cleanup_(freep) char *text = json_dumps(columns, JSON_COMPACT);

        if (!json_is_object(columns) || !text)
                abort();
        json_decref(columns);
}

static int make_advisory(const json_t *document, json_t **ret, char **ret_reason) {
        char digest[ADVISORY_DIGEST_SIZE];
        int r = advisory_columns(document, ret, ret_reason);

        if (r < 0)
                return r;
        r = advisory_digest(*ret, "[]", digest, ret_reason);
        if (r < 0)
                json_decref(*ret);
        return r;
}

static int make_columns(const char *type, const json_t *document) {
        _cleanup_(freep) char *reason = NULL;
        json_t *columns = NULL;
        int r = 0;

        if (startswith(type, "package_"))
                r = comps_columns(type, document, &columns, &reason);
        else if (streq(type, "modulemd"))
                r = modulemd_columns(document, &columns, &reason);
        else if (streq(type, "modulemd_defaults"))
                r = modulemd_defaults_columns(document, &columns, &reason);
        else if (streq(type, "erratum"))
                r = make_advisory(document, &columns, &reason);
        else if (streq(type, "deb"))
                r = deb_control_columns(document, &columns, &reason);
        else if (streq(type, "docker_manifest"))
                r = docker_manifest_columns(document, &columns, &reason);
        else
                return 0;
        if (check(r, reason) >= 0)
                check_columns(columns);
        return r;
}

static int read_package(const char *const snippets[static 3]) {
        _cleanup_(freep) char *reason = NULL;
        json_t *columns = NULL;
        size_t bytes;
        int r;

        r = package_xml_read(&(PackageXml){ { snippets[0], snippets[1], snippets[2] }, "0123abcd", "sha256" },
                             &columns, &bytes, &reason);
        if (check(r, reason) >= 0)
                check_columns(columns);
        return r;
}

static int read_unit(const UnitKind *kind, const bson_t *bson) {
        const char *columns[DUMP_COLUMNS_MAX] = {};
        _cleanup_(freep) char *reason = NULL;
        json_t *document;
        UnitTexts texts = {};
        int r;

        r = unit_kind_take(kind, bson, &texts, columns, &reason);
        if (check(r, reason) >= 0) {
                document = json_loads(columns[UNIT_DOCUMENT], 0, NULL);
                if (!json_is_object(document) || !columns[UNIT_ID] || !columns[UNIT_KEY])
                        abort();
                r = make_columns(columns[UNIT_TYPE], document);
                json_decref(document);
                if (columns[UNIT_PRIMARY])
                        r = read_package(&columns[UNIT_PRIMARY]);
        }
        unit_texts_done(&texts);
        return r;
}

static int read_importer(const Plugin *plugin, const bson_t *document) {
        _cleanup_(freep) char *reason = NULL;
        bson_iter_t i;
        bson_t config;
        uint32_t size;
        const uint8_t *data;
        Remote remote;
        int r;

        if (!bson_iter_init_find(&i, document, "config") || !BSON_ITER_HOLDS_DOCUMENT(&i))
                return 0;
        bson_iter_document(&i, &size, &data);
        if (!bson_init_static(&config, data, size))
                abort();
        r = remote_from_config(&config, plugin, &remote, &reason);
        if (check(r, reason) >= 0)
                remote_done(&remote);
        return r;
}

static const Plugin *plugin_of(size_t number) {
        static const char *const names[] = { "iso", "rpm", "deb", "docker" };

        return number < ELEMENTSOF(names) ? plugin_find(names[number]) : NULL;
}

static int read_bson(uint8_t what, const uint8_t *data, size_t size) {
        const UnitKind *kind = unit_kind_get(what);
        const Plugin *plugin = what >= FUZZ_IMPORTER ? plugin_of(what - FUZZ_IMPORTER) : NULL;
        const char *reason;
        bson_t document;
        size_t offset;

        if ((!kind && !plugin) || bson_check(data, size, &document, &offset, &reason) < 0)
                return -EBADMSG;
        return kind ? read_unit(kind, &document) : read_importer(plugin, &document);
}

static int read_treeinfo(const uint8_t *data, size_t size) {
        _cleanup_(freep) char *reason = NULL, *parse_reason = NULL, *text = NULL;
        json_t *rows = NULL, *sections = NULL;
        int r;

        r = treeinfo_read((const char *) data, size, &rows, &reason);
        if (check(r, reason) >= 0)
                check_columns(rows);
        r = treeinfo_parse((const char *) data, size, &sections, &parse_reason);
        if (check(r, parse_reason) >= 0) {
                if (treeinfo_write(sections, &text) < 0)
                        abort();
                check_columns(sections);
        }
        return r;
}

/* Its digest is of the part that is signed. */
static int read_manifest(const uint8_t *data, size_t size) {
        static Digests *digests; /* kept for all inputs */
        _cleanup_(freep) char *reason = NULL;
        DigestSet set;
        int r;

        if (!digests && digests_new(&digests, NULL) < 0)
                abort();
        r = docker_signed_digests(digests, (const char *) data, size, &set, &reason);
        return check(r, reason);
}

static int read_list(const uint8_t *data, size_t size) {
        _cleanup_(freep) char *reason = NULL;
        json_t *columns = NULL, *document;
        int r;

        document = json_pack("{s:s, s:i}", "digest",
                             "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                             "schema_version", 2);
        if (!document)
                abort();
        r = docker_list_columns(document, (const char *) data, size, &columns, &reason);
        json_decref(document);
        if (check(r, reason) >= 0)
                check_columns(columns);
        return r;
}

/* As PostgreSQL gives what Pulp 2 has compressed. */
static char *make_bytea(const uint8_t *data, size_t size) {
        uLongf n = compressBound(size);
        _cleanup_(freep) uint8_t *compressed = malloc(n);
        char *text;

        if (!compressed || compress(compressed, &n, data, size) != Z_OK)
                abort();
        text = malloc(2 * n + 3);
        if (!text)
                abort();
        memcpy(text, "\\x", 2);
        hex_format(compressed, n, text + 2);
        return text;
}

static int read_snippets(const uint8_t *data, size_t size) {
        char *snippets[3] = {};
        int r = -EBADMSG;

        for (size_t k = 0; k < ELEMENTSOF(snippets); k++) {
                const uint8_t *end = memchr(data, 0, size);
                size_t n = end ? (size_t) (end - data) : size;

                snippets[k] = make_bytea(data, n);
                data += MIN(n + 1, size);
                size -= MIN(n + 1, size);
        }
        r = read_package((const char *const *) snippets);
        for (size_t k = 0; k < ELEMENTSOF(snippets); k++)
                free(snippets[k]);
        return r;
}

int fuzz_document(const uint8_t *data, size_t size) {
        if (size == 0)
                return -EBADMSG;
        switch (*data) {
        case FUZZ_TREEINFO:
                return read_treeinfo(data + 1, size - 1);
        case FUZZ_MANIFEST:
                return read_manifest(data + 1, size - 1);
        case FUZZ_LIST:
                return read_list(data + 1, size - 1);
        case FUZZ_PACKAGE:
                return read_snippets(data + 1, size - 1);
        default:
                return read_bson(*data, data + 1, size - 1);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        (void) fuzz_document(data, size);
        return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the database cannot read itself: files of a form of their own, and BSON. Only their syntax is read here; what
 * it means is compared by the statements of the type. */

#include <bson/bson.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>

#include "base/text.h"
#include "migrations/pulp2to3/docker.h"
#include "migrations/pulp2to3/treeinfo.h"
#include "migrations/pulp2to3/verify.h"
#include "pulp2to3-sql.h"

#define COPY_STAGED "COPY pg_temp.verify_staged (unit_id, document) FROM STDIN"

/* The migration takes no larger one. */
#define TREEINFO_BYTES_MAX (1024 * 1024)

/* Files that are read of a type. parse: as treeinfo_parse(). */
typedef struct StagedFile {
        const char *type;
        const char *const *paths; /* NULL: any */
        int64_t bytes_max;
        int (*parse)(const char *text, size_t size_bytes, json_t **ret, char **ret_reason);
} StagedFile;

static int parse_list(const char *text, size_t size_bytes, json_t **ret, char **ret_reason) {
        json_error_t error;

        *ret = json_loadb(text, size_bytes, 0, &error);
        return *ret ? 0 : text_error(ret_reason, -EBADMSG, "is no JSON: line %d: %s", error.line, error.text);
}

static const char *const treeinfo_paths[] = { ".treeinfo", "treeinfo", NULL };

static const StagedFile staged_files[] = {
        { "distribution", treeinfo_paths, TREEINFO_BYTES_MAX, treeinfo_parse },
        { "docker_manifest_list", NULL, DOCKER_MANIFEST_BYTES_MAX, parse_list },
};

static bool is_staged(const StagedFile *f, const char *path) {
        for (const char *const *p = f->paths; p && *p; p++)
                if (streq(*p, path))
                        return true;
        return !f->paths;
}

/* All bytes, which are as many as the artifact's row says: verify_artifact() has looked. */
static int read_all(Verification *v, const char *sha256, size_t size, char **ret) {
        _cleanup_(closep) int fd = verify_artifact_open(v, sha256);
        _cleanup_(freep) char *text = malloc(size + 1);
        size_t n = 0;

        if (fd < 0)
                return fd;
        if (!text)
                return -ENOMEM;
        while (n < size) {
                ssize_t k = pread(fd, text + n, size - n, (off_t) n);

                if (k < 0 && errno != EINTR)
                        return -errno;
                if (k == 0)
                        return -EIO;
                n += k > 0 ? (size_t) k : 0;
        }
        (void) posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        text[size] = 0;
        *ret = TAKE_PTR(text);
        return 0;
}

static int copy_document(Step *s, const char *unit, const json_t *document) {
        _cleanup_(freep) char *text = json_dumps(document, JSON_COMPACT | JSON_ENCODE_ANY);
        int r;

        if (!text)
                return step_fail(s, -ENOMEM, "out of memory");
        r = database_copy_row(&s->database, DATABASE_PARAMS(unit, text));
        return r < 0 ? step_fail_database(s, r) : 0;
}

/* -EBADMSG: the reason says what is wrong with the file. */
static int parse_file(Verification *v, const StagedFile *f, const PGresult *files, int i, json_t **ret,
                      char **ret_reason) {
        int64_t size = database_int(files, i, VERIFY_FILE_SIZE);
        _cleanup_(freep) char *text = NULL;
        int r;

        if (size > f->bytes_max)
                return text_error(ret_reason, -EBADMSG, "has more than %" PRIi64 " bytes", f->bytes_max);
        r = read_all(v, PQgetvalue(files, i, VERIFY_FILE_SHA256), (size_t) size, &text);
        if (r < 0)
                return step_fail(v->step, r, "artifact %s cannot be read: %s",
                                 PQgetvalue(files, i, VERIFY_FILE_SHA256), strerror(-r));
        r = f->parse(text, (size_t) size, ret, ret_reason);
        return r == -ENOMEM ? step_fail(v->step, r, "out of memory") : r;
}

static int stage_file(Verification *v, const StagedFile *f, const PGresult *files, int i, char **ret_difference) {
        _cleanup_(freep) char *reason = NULL;
        json_auto_t *document = NULL;
        int r;

        r = parse_file(v, f, files, i, &document, &reason);
        if (r == -EBADMSG) {
                *ret_difference = text_format("its file %s %s", PQgetvalue(files, i, VERIFY_FILE_PATH), reason);
                return *ret_difference ? 0 : step_fail(v->step, -ENOMEM, "out of memory");
        }
        return r < 0 ? r : copy_document(v->step, PQgetvalue(files, i, VERIFY_FILE_UNIT), document);
}

/* Whether the file is the one that is read of its unit: of a tree that has both names, that with the dot, which comes
 * first. */
static bool is_due(const StagedFile *f, const PGresult *files, int i, int64_t last, const char *unit) {
        return database_int(files, i, VERIFY_FILE_NUMBER) <= last && database_text(files, i, VERIFY_FILE_SHA256) &&
               is_staged(f, PQgetvalue(files, i, VERIFY_FILE_PATH)) &&
               !streq_ptr(unit, PQgetvalue(files, i, VERIFY_FILE_UNIT));
}

static int stage_files(Verification *v, const StagedFile *f, const PGresult *files, int64_t last,
                       char **differences) {
        const char *unit = NULL;
        Step *s = v->step;
        int r;

        r = database_copy_begin(&s->database, COPY_STAGED);
        if (r < 0)
                return step_fail_database(s, r);
        for (int i = 0; i < PQntuples(files) && r >= 0; i++) {
                if (!is_due(f, files, i, last, unit))
                        continue;
                unit = PQgetvalue(files, i, VERIFY_FILE_UNIT);
                if (!differences[i])
                        r = stage_file(v, f, files, i, &differences[i]);
        }
        if (r < 0)
                return r;
        r = database_copy_end(&s->database);
        return r < 0 ? step_fail_database(s, r) : 0;
}

/* As JSON; NULL: it is no BSON, or memory is out. Owned by the caller. */
static json_t *parse_profiles(const char *base64) {
        size_t n = strlen(base64), padding = 0;
        _cleanup_(freep) uint8_t *data = malloc(n + 1);
        json_t *profiles = NULL;
        bson_t document;
        char *text;
        int size;

        while (padding < 2 && padding < n && base64[n - 1 - padding] == '=')
                padding++;
        size = data && n <= INT32_MAX ? EVP_DecodeBlock(data, (const unsigned char *) base64, (int) n) : -1;
        if (size < (int) padding || !bson_init_static(&document, data, (size_t) size - padding))
                return NULL;
        /* Texts and their lists, for which this form of JSON has nothing of its own. */
        text = bson_as_relaxed_extended_json(&document, NULL);
        if (text)
                profiles = json_loads(text, 0, NULL);
        bson_free(text);
        return profiles;
}

static int stage_profiles(Verification *v) {
        _cleanup_(PQclearp) PGresult *res = NULL;
        Step *s = v->step;
        int r;

        r = database_query(&s->database, "profiles", sql_verify_profiles, DATABASE_NO_PARAMS, &res);
        if (r >= 0)
                r = database_copy_begin(&s->database, COPY_STAGED);
        if (r < 0)
                return step_fail_database(s, r);
        for (int i = 0; i < PQntuples(res); i++) {
                json_auto_t *profiles = parse_profiles(PQgetvalue(res, i, 1));

                /* What is not there is compared as absent. */
                r = profiles ? copy_document(s, PQgetvalue(res, i, 0), profiles) : 0;
                if (r < 0)
                        return r;
        }
        r = database_copy_end(&s->database);
        return r < 0 ? step_fail_database(s, r) : 0;
}

int verify_stage(Verification *v, const char *type, const PGresult *files, int64_t last, char **differences) {
        if (streq(type, "modulemd_defaults"))
                return stage_profiles(v);
        for (size_t i = 0; i < ELEMENTSOF(staged_files); i++)
                if (streq(staged_files[i].type, type))
                        return stage_files(v, &staged_files[i], files, last, differences);
        return 0;
}

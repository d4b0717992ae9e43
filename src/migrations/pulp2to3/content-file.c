/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The files and fields of a unit in a batch. */

#include <fcntl.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "migrations/pulp2to3/content-batch.h"
#include "migrations/pulp2to3/content-path.h"
#include "migrations/pulp2to3/hex.h"

int content_batch_corrupted(ContentBatch *b, BatchUnit *u, char *reason) {
        if (!reason)
                return step_fail(b->step, -ENOMEM, "out of memory");
        if (u->problem) {
                free(reason);
                return 0;
        }
        u->problem = reason;
        if (b->step->skip_corrupted)
                return 0;
        return step_fail(b->step, -EBADMSG, "units_%s %s: %s; the option skip_corrupted leaves such units out",
                         b->type->name, u->id, reason);
}

int content_batch_algorithm(const char *checksum_type) {
        static const struct {
                const char *name;
                int algorithm;
        } types[] = {
                { "md5", DIGEST_MD5 },       { "sha", DIGEST_SHA1 },      { "sha1", DIGEST_SHA1 },
                { "sha224", DIGEST_SHA224 }, { "sha256", DIGEST_SHA256 }, { "sha384", DIGEST_SHA384 },
                { "sha512", DIGEST_SHA512 },
        };

        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (streq_ptr(types[i].name, checksum_type))
                        return types[i].algorithm;
        return -1;
}

int content_batch_text(ContentBatch *b, BatchUnit *u, const char *field, const char **ret_text) {
        json_t *value = json_object_get(u->document, field);

        *ret_text = json_string_value(value);
        return *ret_text || !value || json_is_null(value)
                       ? 0
                       : content_batch_corrupted(b, u, text_format("field %s is not a text", field));
}

int content_batch_integer(ContentBatch *b, BatchUnit *u, const char *field, int64_t *ret_number) {
        json_t *value = json_object_get(u->document, field);

        if (!value || json_is_null(value))
                return 0;
        if (!json_is_integer(value))
                return content_batch_corrupted(b, u, text_format("field %s is not an integer", field));
        *ret_number = json_integer_value(value);
        return 0;
}

int content_batch_package(ContentBatch *b, BatchUnit *u, BatchFile *ret, const char **ret_checksum_type) {
        const char *checksum = NULL, *checksum_type = NULL, *filename = NULL;
        int64_t size = -1;
        int algorithm, r;

        r = content_batch_text(b, u, "checksum", &checksum);
        if (r >= 0)
                r = content_batch_text(b, u, "checksumtype", &checksum_type);
        if (r >= 0)
                r = content_batch_text(b, u, "filename", &filename);
        if (r >= 0)
                r = content_batch_integer(b, u, "size", &size);
        if (r < 0 || u->problem)
                return r;
        algorithm = content_batch_algorithm(checksum_type);
        if (algorithm < 0)
                return content_batch_corrupted(
                        b, u,
                        text_format("field checksumtype is \"%.32s\", which Pulp 3 does not know", checksum_type));
        *ret_checksum_type = algorithm == DIGEST_SHA1 ? "sha1" : checksum_type;
        *ret = (BatchFile){ .relative_path = filename,
                            .storage_path = u->storage_path,
                            .absent = b->type->on_demand && !u->downloaded,
                            .algorithm = algorithm,
                            .checksum = checksum,
                            .size_bytes = size };
        return 0;
}

/* Why a file is not as it must be; reason is taken over. */
static int wrong(ContentBatch *b, char **ret_reason, char *reason) {
        *ret_reason = reason;
        return reason ? 0 : step_fail(b->step, -ENOMEM, "out of memory");
}

/* Opens a file below Pulp 2's content directory. Returns 0, with a reason when there is none, or after step_fail(). */
static int open_file(ContentBatch *b, const BatchUnit *u, const char *storage_path, int *ret_fd, char **ret_reason) {
        const char *path = content_path_relative(storage_path ?: ""), *content = b->step->configuration->content;
        _cleanup_(closep) int fd = -EBADF;
        struct stat st;

        *ret_fd = -EBADF;
        if (!path)
                return wrong(b, ret_reason,
                             text_format("its storage path %s is not below " PULP2_CONTENT_DIRECTORY,
                                         storage_path ?: "(none)"));
        /* A pipe that lies there would wait for a writer for ever. */
        fd = openat(b->content_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG))
                return wrong(b, ret_reason, text_format("%s/%s is missing: %s", content, path, strerror(errno)));
        if (fd < 0 || fstat(fd, &st) < 0)
                return step_fail(b->step, errno == EACCES || errno == EPERM ? -EINVAL : -errno,
                                 "units_%s %s: %s/%s: %s", b->type->name, u->id, content, path, strerror(errno));
        if (!S_ISREG(st.st_mode))
                return wrong(b, ret_reason, text_format("%s/%s is not a regular file", content, path));
        *ret_fd = fd;
        fd = -EBADF;
        return 0;
}

int content_batch_open(ContentBatch *b, BatchUnit *u, const char *storage_path, int *ret_fd) {
        char *reason = NULL;
        int r;

        r = open_file(b, u, storage_path, ret_fd, &reason);
        return r < 0 || !reason ? r : content_batch_corrupted(b, u, reason);
}

int content_batch_read(ContentBatch *b, BatchUnit *u, const char *storage_path, size_t max, char **ret,
                       size_t *ret_size) {
        _cleanup_(freep) char *text = malloc(max + 1);
        _cleanup_(closep) int fd = -EBADF;
        size_t size = 0;
        ssize_t n = 1;
        int r;

        if (!text)
                return step_fail(b->step, -ENOMEM, "out of memory");
        r = content_batch_open(b, u, storage_path, &fd);
        if (r < 0 || u->problem)
                return r;
        while (n > 0 && size <= max) {
                n = read(fd, text + size, max + 1 - size);
                if (n < 0 && errno == EINTR)
                        n = 1;
                else if (n > 0)
                        size += (size_t) n;
        }
        if (n < 0)
                return step_fail(b->step, -errno, "units_%s %s: cannot read %s: %s", b->type->name, u->id,
                                 storage_path, strerror(errno));
        if (size > max)
                return content_batch_corrupted(b, u, text_format("%s has more than %zu bytes", storage_path, max));
        *ret = TAKE_PTR(text);
        *ret_size = size;
        return 0;
}

static int check_digests(ContentBatch *b, const BatchFile *file, const DigestSet *digests, char **ret_reason) {
        if (file->size_bytes >= 0 && (uint64_t) file->size_bytes != digests->size_bytes)
                return wrong(b, ret_reason,
                             text_format("%s has %" PRIu64 " bytes, expected %" PRIi64, file->storage_path,
                                         digests->size_bytes, file->size_bytes));
        if (file->algorithm >= 0 && !streq_ptr(file->checksum, digests->text[file->algorithm]))
                return wrong(b, ret_reason,
                             text_format("%s has the checksum %s, expected %s", file->storage_path,
                                         digests->text[file->algorithm], file->checksum ?: "none"));
        return 0;
}

static int store_file(ContentBatch *b, BatchUnit *u, const BatchFile *file, int fd, const DigestSet *digests) {
        _cleanup_(freep) char *error = NULL;
        int r;

        r = artifact_store_add(&b->store, b->content_fd, content_path_relative(file->storage_path), fd, digests,
                               &error);
        if (r < 0)
                return step_fail(b->step, r, "units_%s %s: %s", b->type->name, u->id, error ?: strerror(-r));
        b->linked += r == ARTIFACT_LINKED;
        b->copied += r == ARTIFACT_COPIED;
        b->present += r == ARTIFACT_PRESENT;
        return 0;
}

/* Pulp 3 may have what Pulp 2 has lost. Files are known by their SHA-256 alone: other checksums name no artifact.
 * Returns 1: it is read. */
static int use_artifact(ContentBatch *b, const BatchUnit *u, const BatchFile *file, const char *reason,
                        DigestSet *ret) {
        _cleanup_(freep) char *error = NULL;
        int r;

        if (file->algorithm != DIGEST_SHA256 || !file->checksum || strlen(file->checksum) != 64)
                return 0;
        r = artifact_store_read(&b->store, b->digests, file->checksum, file->size_bytes, step_is_stopping, ret, &error);
        if (r == -ECANCELED)
                return step_fail(b->step, r, "stopped by SIGTERM; what is committed stays");
        if (r < 0)
                return step_fail(b->step, r, "units_%s %s: %s", b->type->name, u->id, error ?: strerror(-r));
        if (r == 0)
                return 0;
        log_notice("units_%s %s: %s; Pulp 3 has the file, which stays", b->type->name, u->id, reason);
        b->bytes += (int64_t) ret->size_bytes;
        b->present++;
        return 1;
}

static int read_file(ContentBatch *b, BatchUnit *u, const BatchFile *file, DigestSet *ret) {
        _cleanup_(freep) char *reason = NULL;
        _cleanup_(closep) int fd = -EBADF;
        int r;

        r = open_file(b, u, file->storage_path, &fd, &reason);
        if (r >= 0 && !reason) {
                r = digests_of_file(b->digests, fd, step_is_stopping, ret);
                if (r == -ECANCELED)
                        return step_fail(b->step, r, "stopped by SIGTERM; what is committed stays");
                if (r < 0)
                        return step_fail(b->step, r, "units_%s %s: cannot read %s: %s", b->type->name, u->id,
                                         file->storage_path, strerror(-r));
                b->bytes += (int64_t) ret->size_bytes;
                r = check_digests(b, file, ret, &reason);
        }
        if (r < 0)
                return r;
        if (!reason)
                return store_file(b, u, file, fd, ret);
        r = use_artifact(b, u, file, reason, ret);
        return r == 0 ? content_batch_corrupted(b, u, TAKE_PTR(reason)) : MIN(r, 0);
}

/* The entries of the lazy catalog are found by the MD5 of their path, as the merge of the dump computes it. */
static int make_part(const char *path, char ret[static 33]) {
        unsigned char md5[EVP_MAX_MD_SIZE];
        size_t n;

        ret[0] = 0;
        if (!path)
                return 0;
        if (!EVP_Q_digest(NULL, "MD5", NULL, path, strlen(path), md5, &n) || n != 16)
                return -EIO;
        hex_format(md5, n, ret);
        return 0;
}

static int add_row(ContentBatch *b, const BatchUnit *u, const BatchFile *file, const DigestSet *digests) {
        BatchFileRow *row;

        if (b->n_files == b->n_files_allocated) {
                size_t n = MAX(b->n_files_allocated * 2, (size_t) BATCH_UNITS);
                BatchFileRow *larger = reallocarray(b->files, n, sizeof(*larger));

                if (!larger)
                        return step_fail(b->step, -ENOMEM, "out of memory");
                b->files = larger;
                b->n_files_allocated = n;
        }
        row = &b->files[b->n_files];
        *row = (BatchFileRow){ .unit = u,
                               .relative_path = strdup(file->relative_path),
                               .downloaded = !file->absent,
                               .digests = *digests,
                               .size_bytes = file->absent ? file->size_bytes : (int64_t) digests->size_bytes };
        if (!row->relative_path)
                return step_fail(b->step, -ENOMEM, "out of memory");
        b->n_files++;
        return make_part(file->lazy_path, row->part) < 0 ? step_fail(b->step, -EIO, "libcrypto refuses MD5") : 0;
}

int content_batch_file(ContentBatch *b, BatchUnit *u, const BatchFile *file, DigestSet *ret) {
        DigestSet digests = {};
        int r = 0;

        if (!file->absent)
                r = read_file(b, u, file, &digests);
        else if (file->algorithm >= 0 && file->checksum)
                (void) snprintf(digests.text[file->algorithm], DIGEST_TEXT_SIZE, "%s", file->checksum);
        if (ret)
                *ret = digests;
        return r < 0 || u->problem ? r : add_row(b, u, file, &digests);
}

int content_batch_unit_file(ContentBatch *b, BatchUnit *u, const char *relative_path, int algorithm,
                            const char *checksum, int64_t size_bytes) {
        return content_batch_file(b, u,
                                  &(BatchFile){ .relative_path = relative_path,
                                                .storage_path = u->storage_path,
                                                .absent = b->type->on_demand && !u->downloaded,
                                                .algorithm = algorithm,
                                                .checksum = checksum,
                                                .size_bytes = size_bytes },
                                  NULL);
}

int content_batch_copy(ContentBatch *b, const char *sql, int (*rows)(ContentBatch *b, BatchUnit *u)) {
        int r;

        r = database_copy_begin(&b->step->database, sql);
        for (size_t i = 0; i < b->n_units && r >= 0; i++)
                if (!b->units[i].problem)
                        r = rows(b, &b->units[i]);
        if (r >= 0)
                r = database_copy_end(&b->step->database);
        return r < 0 ? step_fail_database(b->step, r) : 0;
}

static int copy_unit(ContentBatch *b, BatchUnit *u) {
        return database_copy_row(&b->step->database, DATABASE_PARAMS(b->type->name, u->id, u->number, u->key,
                                                                     u->repo_id, u->downloaded ? "t" : "f"));
}

int content_batch_copy_units(ContentBatch *b) {
        return content_batch_copy(
                b, "COPY pg_temp.batch_unit (type, unit_id, number, key, repo_id, downloaded) FROM STDIN", copy_unit);
}

int content_batch_copy_files(ContentBatch *b) {
        int r;

        r = database_copy_begin(&b->step->database,
                                "COPY pg_temp.batch_file (unit_id, relative_path, downloaded, part, size, md5, sha1, "
                                "sha224, sha256, sha384, sha512) FROM STDIN");
        for (size_t i = 0; i < b->n_files && r >= 0; i++) {
                const BatchFileRow *f = &b->files[i];
                const char *digests[_DIGEST_MAX];

                if (f->unit->problem)
                        continue;
                for (size_t k = 0; k < _DIGEST_MAX; k++)
                        digests[k] = *f->digests.text[k] ? f->digests.text[k] : NULL;
                r = database_copy_row(&b->step->database,
                                      DATABASE_PARAMS(f->unit->id, f->relative_path, f->downloaded ? "t" : "f",
                                                      f->part, f->size_bytes >= 0 ? STEP_NUMBER(f->size_bytes) : NULL,
                                                      digests[DIGEST_MD5], digests[DIGEST_SHA1],
                                                      digests[DIGEST_SHA224], digests[DIGEST_SHA256],
                                                      digests[DIGEST_SHA384], digests[DIGEST_SHA512]));
        }
        if (r >= 0)
                r = database_copy_end(&b->step->database);
        return r < 0 ? step_fail_database(b->step, r) : 0;
}

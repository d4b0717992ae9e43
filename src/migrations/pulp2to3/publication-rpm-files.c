/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Metadata of an rpm publication that is made of files and documents of the version. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/comps.h"
#include "migrations/pulp2to3/publication-rpm.h"
#include "migrations/pulp2to3/treeinfo-write.h"
#include "pulp2to3-sql.h"

#define COPY_BYTES (64 * 1024)

/* A treeinfo is read as a whole; the largest known ones have some 20 KiB. */
#define TREEINFO_BYTES_MAX (1024 * 1024)

static int fail_file(RpmPublication *m, int error, const char *what, const char *file) {
        _cleanup_(freep) char *text = text_format("%s: %s/%s: %s", what, m->publisher->store.root,
                                                  file ?: "(no artifact)", strerror(-error));

        return rpm_publication_fail(m, error, text);
}

/* Opens an artifact by core_artifact.file. */
static int open_artifact(RpmPublication *m, const char *what, const char *file, FILE **ret) {
        int fd;

        if (!file)
                return fail_file(m, -EBADMSG, what, file);
        fd = openat(m->publisher->store.fd, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return fail_file(m, -errno, what, file);
        *ret = fdopen(fd, "re");
        if (*ret)
                return 0;
        (void) close(fd);
        return fail_file(m, -ENOMEM, what, file);
}

/* A new file of the publisher's directory. */
static int create_file(RpmPublication *m, const char *name, FILE **ret) {
        int fd = openat(m->publisher->directory_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

        if (fd < 0)
                return rpm_publication_fail(m, -errno, NULL);
        *ret = fdopen(fd, "we");
        if (*ret)
                return 0;
        (void) close(fd);
        return rpm_publication_fail(m, -ENOMEM, NULL);
}

/* Closes what was written; wrong: it could not be written. */
static int close_file(RpmPublication *m, FILE *f, const char *name) {
        bool wrong = ferror(f);

        if (fclose(f) == 0 && !wrong)
                return 0;
        return step_fail(m->publisher->step, wrong || errno == 0 ? -EIO : -errno, "%s/%s: cannot write",
                         m->publisher->directory, name);
}

/* Appends a file; *ret_last is its last byte, '\n' of an empty one. Errors of to are kept there. */
static int append(FILE *from, FILE *to, char *ret_last) {
        char buffer[COPY_BYTES];
        size_t n;

        *ret_last = '\n';
        while ((n = fread(buffer, 1, sizeof(buffer), from)) > 0) {
                (void) fwrite(buffer, 1, n, to);
                *ret_last = buffer[n - 1];
        }
        return ferror(from) ? -EIO : 0;
}

static int add_file(RpmPublication *m, const char *type, const char *name) {
        _cleanup_(freep) char *error = NULL;
        int r = repodata_add_file(m->repodata, type, name, &error);

        return r < 0 && r != -EEXIST ? rpm_publication_fail(m, r, error) : r;
}

/* Modules are one YAML document after the other; each begins and ends on a line of its own. */
static int take_module(RpmPublication *m, const PGresult *row, void *userdata) {
        const char *what = database_text(row, 0, 0), *file = database_text(row, 0, 1);
        FILE **to = userdata, *from;
        char start[4] = "", last;
        int r = 0;

        if (!*to)
                r = create_file(m, "modules.yaml", to);
        if (r >= 0)
                r = open_artifact(m, what, file, &from);
        if (r < 0)
                return r;
        if (fread(start, 1, sizeof(start) - 1, from) == sizeof(start) - 1 && !streq(start, "---"))
                (void) fputs("---\n", *to);
        rewind(from);
        r = append(from, *to, &last);
        if (last != '\n')
                (void) fputc('\n', *to);
        (void) fclose(from);
        return r < 0 ? fail_file(m, r, what, file) : 0;
}

int rpm_publication_modules(RpmPublication *m) {
        FILE *f = NULL;
        int r, closed;

        r = rpm_publication_rows(m, "modules", sql_publication_rpm_modules, NULL, take_module, &f);
        if (!f)
                return r;
        closed = close_file(m, f, "modules.yaml");
        if (r < 0 || closed < 0)
                return r < 0 ? r : closed;
        return add_file(m, "modules", "modules.yaml");
}

static int take_comps(RpmPublication *m, const PGresult *row, void *userdata) {
        int64_t kind = database_int(row, 0, 0);
        json_auto_t *document = json_loads(database_text(row, 0, 1) ?: "", 0, NULL);
        _cleanup_(freep) char *path = NULL, *error = NULL;
        Comps **comps = userdata;
        int r = 0;

        if (!json_is_object(document) || kind < 0 || kind >= _COMPS_MAX)
                return rpm_publication_fail(m, -EBADMSG, "a package group is no JSON object");
        if (!*comps) {
                path = text_format("%s/comps.xml", m->publisher->directory);
                r = path ? comps_new(path, comps, &error) : -ENOMEM;
        }
        if (r >= 0)
                r = comps_add(*comps, (CompsKind) kind, document, &error);
        return r < 0 ? rpm_publication_fail(m, r, error) : 0;
}

int rpm_publication_comps(RpmPublication *m) {
        _cleanup_(comps_freep) Comps *comps = NULL;
        _cleanup_(freep) char *error = NULL;
        int r;

        r = rpm_publication_rows(m, "package groups", sql_publication_rpm_comps, NULL, take_comps, &comps);
        if (r < 0 || !comps)
                return r;
        r = comps_finish(comps, &error);
        return r < 0 ? rpm_publication_fail(m, r, error) : add_file(m, "group", "comps.xml");
}

/* The file's name without the checksum that its former repomd.xml gave it: it gets its new one in front. */
static const char *bare_name(const char *name, const char *checksum) {
        const char *dash = strstr(name, checksum) ? strchr(name, '-') : NULL;

        return dash && dash[1] ? dash + 1 : name;
}

static int take_metadata_file(RpmPublication *m, const PGresult *row, void *userdata) {
        const char *type = database_text(row, 0, 0), *checksum = database_text(row, 0, 2),
                   *file = database_text(row, 0, 3), *name = bare_name(database_text(row, 0, 1), checksum);
        FILE *from, *to;
        char last;
        int r, closed;

        if (!*name || startswith(name, "."))
                return rpm_publication_fail(m, -EBADMSG, "a metadata file has no name");
        r = open_artifact(m, type, file, &from);
        if (r < 0)
                return r;
        r = create_file(m, name, &to);
        if (r >= 0) {
                r = append(from, to, &last);
                closed = close_file(m, to, name);
                r = r < 0 ? fail_file(m, r, type, file) : closed;
        }
        (void) fclose(from);
        if (r >= 0)
                r = add_file(m, type, name);
        /* What is generated takes precedence. */
        if (r == -EEXIST)
                r = unlinkat(m->publisher->directory_fd, name, 0) < 0 ? rpm_publication_fail(m, -errno, name) : 0;
        return r;
}

int rpm_publication_metadata_files(RpmPublication *m) {
        return rpm_publication_rows(m, "metadata files", sql_publication_rpm_files, NULL, take_metadata_file, NULL);
}

static int write_treeinfo(RpmPublication *m, const char *path, const char *text, size_t size_bytes) {
        DigestSet digests;
        FILE *f;
        int r;

        r = create_file(m, path, &f);
        if (r < 0)
                return r;
        (void) fwrite(text, 1, size_bytes, f);
        r = close_file(m, f, path);
        if (r >= 0)
                r = publisher_store(m->publisher, path, &digests);
        return r < 0 ? r : publication_add(m->publisher, m->publication, path, &digests);
}

static int take_tree(RpmPublication *m, const PGresult *row, void *userdata) {
        const char *path = database_text(row, 0, 0), *file = database_text(row, 0, 1);
        _cleanup_(freep) char *given = malloc(TREEINFO_BYTES_MAX), *made = NULL, *reason = NULL;
        json_auto_t *sections = NULL;
        size_t size_bytes;
        FILE *from;
        int r;

        r = given ? open_artifact(m, path, file, &from) : rpm_publication_fail(m, -ENOMEM, NULL);
        if (r < 0)
                return r;
        size_bytes = fread(given, 1, TREEINFO_BYTES_MAX, from);
        r = ferror(from) || size_bytes == TREEINFO_BYTES_MAX ? fail_file(m, -EFBIG, path, file) : 0;
        (void) fclose(from);
        if (r < 0)
                return r;
        r = treeinfo_parse(given, size_bytes, &sections, &reason);
        if (r >= 0)
                r = treeinfo_write(sections, &made);
        if (r < 0)
                return rpm_publication_fail(m, r, reason);
        return write_treeinfo(m, path, made ?: given, made ? strlen(made) : size_bytes);
}

int rpm_publication_trees(RpmPublication *m) {
        return rpm_publication_rows(m, "distribution trees", sql_publication_rpm_trees, NULL, take_tree, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of type distribution: installable trees. Their storage path is a directory with a .treeinfo, which is always
 * there, and the images that it names, which may be on demand. */

#include <fcntl.h>

#include "base/text.h"
#include "migrations/pulp2to3/content-document.h"
#include "migrations/pulp2to3/content-path.h"
#include "migrations/pulp2to3/treeinfo.h"
#include "pulp2to3-sql.h"

/* Real ones have some kilobytes. */
#define TREEINFO_BYTES_MAX (1024 * 1024)

/* The name of the tree's .treeinfo: older trees have it without the dot. */
static int find_treeinfo(ContentBatch *b, BatchUnit *u, const char **ret_name) {
        static const char *const names[] = { ".treeinfo", "treeinfo" };
        const char *directory = content_path_relative(u->storage_path ?: "");

        *ret_name = names[0];
        for (size_t i = 0; i < ELEMENTSOF(names) && directory; i++) {
                _cleanup_(freep) char *path = text_format("%s/%s", directory, names[i]);

                if (!path)
                        return step_fail(b->step, -ENOMEM, "out of memory");
                if (faccessat(b->content_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                *ret_name = names[i];
                break;
        }
        return 0;
}

/* An image or another file of the tree, as the .treeinfo names it; its checksum is "sha256:…" or none. */
static int take_file(ContentBatch *b, BatchUnit *u, const json_t *file) {
        const char *path = json_string_value(json_object_get(file, "path")),
                   *checksum = json_string_value(json_object_get(file, "checksum")),
                   *colon = checksum ? strchr(checksum, ':') : NULL;
        _cleanup_(freep) char *storage_path = text_format("%s/%s", u->storage_path, path),
                              *type = colon ? strndup(checksum, (size_t) (colon - checksum)) : NULL;

        if (!storage_path || (colon && !type))
                return step_fail(b->step, -ENOMEM, "out of memory");
        /* Pulp 3 does not check what it downloads later against the .treeinfo: remote artifacts have no checksum. */
        return content_batch_file(b, u,
                                  &(BatchFile){ .relative_path = path,
                                                .storage_path = storage_path,
                                                .absent = !u->downloaded,
                                                .algorithm = u->downloaded ? content_batch_algorithm(type) : -1,
                                                .checksum = colon ? colon + 1 : NULL,
                                                .size_bytes = -1,
                                                .lazy_path = storage_path },
                                  NULL);
}

static int take_files(ContentBatch *b, BatchUnit *u, json_t *rows, const char *name, const char *path) {
        const json_t *file;
        DigestSet digests;
        size_t i;
        int r;

        r = content_batch_file(
                b, u, &(BatchFile){ .relative_path = name, .storage_path = path, .algorithm = -1, .size_bytes = -1 },
                &digests);
        json_array_foreach(json_object_get(rows, "files"), i, file) if (r >= 0 && !u->problem) r =
                take_file(b, u, file);
        if (r >= 0 && !u->problem &&
            json_object_set_new(json_object_get(rows, "tree"), "digest", json_string(digests.text[DIGEST_SHA256])) <
                    0)
                r = step_fail(b->step, -ENOMEM, "out of memory");
        return r;
}

static int prepare(ContentBatch *b, BatchUnit *u) {
        _cleanup_(freep) char *path = NULL, *text = NULL;
        char *reason = NULL;
        json_t *rows = NULL;
        const char *name;
        size_t size = 0;
        int r;

        r = find_treeinfo(b, u, &name);
        if (r < 0)
                return r;
        path = text_format("%s/%s", u->storage_path ?: "", name);
        r = path ? content_batch_read(b, u, path, TREEINFO_BYTES_MAX, &text, &size)
                 : step_fail(b->step, -ENOMEM, "out of memory");
        if (r < 0 || u->problem)
                return r;
        r = treeinfo_read(text, size, &rows, &reason);
        if (r == -EBADMSG) {
                r = content_batch_corrupted(b, u, text_format("%s: %s", path, reason));
                free(reason);
                return r;
        }
        if (r >= 0)
                r = take_files(b, u, rows, name, path);
        if (r < 0 || u->problem) {
                json_decref(rows);
                return r == -ENOMEM ? step_fail(b->step, r, "out of memory") : r;
        }
        return content_document_take(b, u, 0, rows, NULL);
}

const ContentType content_distribution = {
        .name = "distribution",
        .plugin = "rpm",
        .stage = 2,
        .expand = content_batch_expand,
        .run = content_batch_run,
        .pulp_type = "rpm.distribution_tree",
        .on_demand = true,
        .sql_table = sql_document_table,
        .prepare = prepare,
        .copy = content_document_copy,
        .sql_write = sql_distribution_tree_write,
        .done = content_document_done,
};

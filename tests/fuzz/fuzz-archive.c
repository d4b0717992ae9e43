/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Feeds bytes to the archive reader. The entry point is that of libFuzzer; without one, fuzz-archive-main.c
 * calls it: clang -fsanitize=fuzzer,address,undefined … fuzz-archive.c (and the reader's sources) */

#include "fuzz/fuzz-archive.h"

#include <stdio.h>
#include <stdlib.h>

#include "migrations/pulp2to3/archive-format.h"
#include "migrations/pulp2to3/archive.h"

/* Touches every byte and every top-level field of a document, as a migration may. */
static int touch(const ArchiveDocument *document, void *userdata) {
        static _unused_ volatile uint8_t sink;
        bson_iter_t i;

        if (!bson_iter_init(&i, document->bson))
                abort();
        while (bson_iter_next(&i))
                if (BSON_ITER_HOLDS_UTF8(&i))
                        sink = (uint8_t) *bson_iter_utf8(&i, NULL);
        for (size_t k = 0; k < document->size_bytes; k++)
                sink = document->data[k];
        return 0;
}

int fuzz_archive(const uint8_t *data, size_t size) {
        _cleanup_(freep) char *error = NULL;
        /* Opening a file of no bytes in memory fails with some C libraries. */
        FILE *f = size > 0 ? fmemopen((void *) data, size, "r") : tmpfile();
        int r;

        if (!f)
                abort();
        r = archive_read(
                        &(ArchiveRequest) {
                                        .path = "fuzz",
                                        .file = f,
                                        .database = ARCHIVE_DATABASE_PULP,
                                        .handler = touch,
                        },
                        NULL, &error);
        /* Whatever is wrong, a text says so; nothing else does. */
        if ((r < 0) != (error != NULL))
                abort();
        (void) fclose(f);
        return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        (void) fuzz_archive(data, size);
        return 0;
}

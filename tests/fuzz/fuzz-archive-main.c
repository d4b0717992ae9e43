/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzzes the archive reader as an ordinary test: makes a small archive, then reads thousands of damaged
 * copies of it. Every one is made of its number alone: `fuzz-archive NUMBER` reads that one again. A file
 * given as argument is read as it is. */

#include <inttypes.h>
#include <stdio.h>

#include "fuzz/corpus.h"
#include "fuzz/fuzz-archive.h"
#include "migrations/pulp2to3/sample.h"

#define ITERATIONS 6000

typedef struct Corpus {
        uint8_t *data, *copy;
        size_t size;
} Corpus;

static int take(const char *archive, const char *content, void *userdata) {
        Corpus *c = userdata;

        return corpus_load(archive, &c->data, &c->size);
}

static int run(uint64_t number, void *userdata) {
        Corpus *c = userdata;
        size_t size = corpus_damage(c->data, c->size, number, c->copy);

        /* A copy that is cut lacks an EOF block; one that was damaged in the prelude's index texts may still
         * be right. */
        if (fuzz_archive(c->copy, size) >= 0 && size < c->size) {
                fprintf(stderr, "copy %" PRIu64 ": an archive of %zu bytes was accepted at %zu\n", number, c->size,
                        size);
                return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
}

static int load(const uint8_t *data, size_t size) {
        printf("%d\n", fuzz_archive(data, size));
        return EXIT_SUCCESS;
}

int main(int argc, char *argv[]) {
        Corpus c = {};
        int r = EXIT_FAILURE;

        /* What is wrong in a document is no matter of the archive that holds it. */
        if (corpus_make(SAMPLE_SHARE_MAX / 5, take, &c) >= 0)
                c.copy = malloc(c.size + 1);
        if (!c.copy || fuzz_archive(c.data, c.size) < 0)
                fprintf(stderr, "the undamaged archive is not right\n");
        else
                r = corpus_main(argc, argv, ITERATIONS, run, load, &c);
        free(c.data);
        free(c.copy);
        return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzzes the archive reader as an ordinary test: makes a small archive, then reads thousands of damaged
 * copies of it. Every one is made of its number alone: `fuzz-archive NUMBER` reads that one again. Files
 * given as arguments are read as they are. */

#include <endian.h>
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "fuzz/fuzz-archive.h"
#include "migrations/pulp2to3/sample-content.h"
#include "migrations/pulp2to3/sample-dump.h"

#define ITERATIONS 6000

typedef struct Corpus {
        uint8_t *data, *copy;
        size_t size;
} Corpus;

static int corpus_load(Corpus *c, const char *path) {
        FILE *f = fopen(path, "re");
        struct stat st;

        if (!f || fstat(fileno(f), &st) < 0)
                return -errno;
        c->size = (size_t) st.st_size;
        c->data = malloc(c->size + 1);
        c->copy = malloc(c->size + 1);
        if (!c->data || !c->copy || fread(c->data, 1, c->size, f) != c->size)
                return -EIO;
        (void) fclose(f);
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

/* A few units of each kind: their documents have all types of fields that the reader meets. */
static int corpus_make(Corpus *c) {
        static const SampleOptions options = {
                .seed = 1,
                .n_units = 6,
                .n_repositories = 2,
                .on_demand = 5000,
                .shared = 2000,
                .size_min_bytes = 1,
                .size_max_bytes = 1,
        };
        char directory[] = "/tmp/fuzz-archive-XXXXXX";
        _cleanup_(freep) char *path = NULL, *error = NULL;
        _cleanup_(sample_freep) Sample *sample = NULL;
        int r;

        if (!mkdtemp(directory))
                return -errno;
        path = text_format("%s/a", directory);
        r = sample_new(&options, &sample, &error);
        if (r >= 0)
                r = sample_write_content(sample, directory, &error);
        if (r >= 0)
                r = sample_write_archive(sample, path, &error);
        if (r >= 0)
                r = corpus_load(c, path);
        if (r < 0)
                fprintf(stderr, "%s\n", error ?: strerror(-r));
        (void) nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        return r;
}

static uint64_t draw(uint64_t *state) {
        return sample_mix((*state)++);
}

/* Damages a copy: cuts it, flips bits, puts a number where a length may stand, or moves bytes. Returns its
 * size. */
static size_t damage(Corpus *c, uint64_t number) {
        static const uint32_t numbers[] = { 0,          1,          4,          5,
                                            16,         255,        0x00ffffff, 0x01000000,
                                            0x01004000, 0x7fffffff, 0x80000000, 0xffffffff };
        uint64_t state = sample_mix(number);
        size_t at, length;
        uint32_t value;

        memcpy(c->copy, c->data, c->size);
        at = draw(&state) % (c->size - 8);
        switch (number % 4) {
        case 0:
                return at;
        case 1:
                for (uint64_t n = 1 + draw(&state) % 4; n > 0; n--)
                        c->copy[draw(&state) % c->size] ^= (uint8_t) (1 << draw(&state) % 8);
                return c->size;
        case 2:
                value = htole32(numbers[draw(&state) % ELEMENTSOF(numbers)]);
                memcpy(c->copy + at, &value, sizeof(value));
                return c->size;
        default:
                length = 1 + draw(&state) % (c->size - at);
                memmove(c->copy + draw(&state) % (c->size - length + 1), c->data + at, length);
                return c->size;
        }
}

static int run(Corpus *c, uint64_t number) {
        size_t size = damage(c, number);

        /* A copy that is cut lacks an EOF block; one that was damaged in the prelude's index texts may still
         * be right. */
        if (fuzz_archive(c->copy, size) >= 0 && size < c->size) {
                fprintf(stderr, "copy %" PRIu64 ": an archive of %zu bytes was accepted at %zu\n", number,
                        c->size, size);
                return EXIT_FAILURE;
        }
        return EXIT_SUCCESS;
}

int main(int argc, char *argv[]) {
        uint64_t number;
        Corpus c = {};
        int r = EXIT_SUCCESS;

        if (argc > 1 && text_parse_u64(argv[1], &number) < 0) {
                if (corpus_load(&c, argv[1]) < 0)
                        return EXIT_FAILURE;
                printf("%d\n", fuzz_archive(c.data, c.size));
        } else if (corpus_make(&c) < 0 || fuzz_archive(c.data, c.size) < 0) {
                fprintf(stderr, "the undamaged archive is not right\n");
                r = EXIT_FAILURE;
        } else if (argc > 1)
                r = run(&c, number);
        else
                for (number = 0; number < ITERATIONS && r == EXIT_SUCCESS; number++)
                        r = run(&c, number);
        free(c.data);
        free(c.copy);
        return r;
}

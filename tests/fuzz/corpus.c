/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz/corpus.h"

#include <endian.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-content.h"
#include "migrations/pulp2to3/sample-dump.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static int make_in(uint32_t damaged_documents, const char *directory, const char *archive,
                   int (*take)(const char *archive, const char *content, void *userdata), void *userdata) {
        /* A few units of each kind: their documents have all types of fields that the readers meet. */
        const SampleOptions options = {
                .seed = 1,
                .n_units = 6,
                .n_repositories = 2,
                .on_demand = 5000,
                .shared = 2000,
                .size_min_bytes = 1,
                .size_max_bytes = 1,
                .n_rpm = 8,
                .n_deb = 2,
                .n_docker = 4,
                .n_part_repositories = 1,
                .damaged_documents = damaged_documents,
        };
        _cleanup_(sample_freep) Sample *sample = NULL;
        _cleanup_(freep) char *error = NULL;
        int r;

        r = sample_new(&options, &sample, &error);
        if (r >= 0)
                r = sample_write_content(sample, directory, &error);
        if (r >= 0)
                r = sample_write_archive(sample, archive, directory, &error);
        if (r >= 0)
                r = take(archive, directory, userdata);
        if (r < 0)
                fprintf(stderr, "%s\n", error ?: strerror(-r));
        return r;
}

int corpus_make(uint32_t damaged_documents, int (*take)(const char *archive, const char *content, void *userdata),
                void *userdata) {
        char directory[] = "/tmp/fuzz-corpus-XXXXXX";
        _cleanup_(freep) char *archive = NULL;
        int r;

        if (!mkdtemp(directory))
                return -errno;
        archive = text_format("%s/a", directory);
        r = archive ? make_in(damaged_documents, directory, archive, take, userdata) : -ENOMEM;
        (void) nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        return r;
}

int corpus_load(const char *path, uint8_t **ret, size_t *ret_size) {
        FILE *f = fopen(path, "re");
        struct stat st;
        uint8_t *data;
        int r = 0;

        if (!f)
                return -errno;
        data = fstat(fileno(f), &st) < 0 ? NULL : calloc(1, (size_t) st.st_size + 1);
        if (!data || fread(data, 1, (size_t) st.st_size, f) != (size_t) st.st_size)
                r = -EIO;
        (void) fclose(f);
        if (r < 0) {
                free(data);
                return r;
        }
        *ret = data;
        *ret_size = (size_t) st.st_size;
        return 0;
}

uint64_t corpus_draw(uint64_t *state) {
        return sample_mix((*state)++);
}

size_t corpus_damage(const uint8_t *data, size_t size, uint64_t number, uint8_t *copy) {
        static const uint32_t numbers[] = { 0,          1,          4,          5,          16,         255,
                                            0x00ffffff, 0x01000000, 0x01004000, 0x7fffffff, 0x80000000, 0xffffffff };
        uint64_t state = sample_mix(number);
        size_t at, length;
        uint32_t value;

        memcpy(copy, data, size);
        at = corpus_draw(&state) % (size - 8);
        switch (number % 4) {
        case 0:
                return at;
        case 1:
                for (uint64_t n = 1 + corpus_draw(&state) % 4; n > 0; n--)
                        copy[corpus_draw(&state) % size] ^= (uint8_t) (1 << corpus_draw(&state) % 8);
                return size;
        case 2:
                value = htole32(numbers[corpus_draw(&state) % ELEMENTSOF(numbers)]);
                memcpy(copy + at, &value, sizeof(value));
                return size;
        default:
                length = 1 + corpus_draw(&state) % (size - at);
                memmove(copy + corpus_draw(&state) % (size - length + 1), data + at, length);
                return size;
        }
}

static int load_file(const char *path, int (*load)(const uint8_t *data, size_t size)) {
        _cleanup_(freep) uint8_t *data = NULL;
        size_t size;
        int r = corpus_load(path, &data, &size);

        if (r < 0) {
                fprintf(stderr, "%s: %s\n", path, strerror(-r));
                return EXIT_FAILURE;
        }
        return load(data, size);
}

int corpus_main(int argc, char *argv[], uint64_t iterations, int (*run)(uint64_t number, void *userdata),
                int (*load)(const uint8_t *data, size_t size), void *userdata) {
        uint64_t number;
        int r = EXIT_SUCCESS;

        if (argc == 3 && streq(argv[1], "--iterations")) {
                if (text_parse_u64(argv[2], &iterations) < 0)
                        return EXIT_FAILURE;
        } else if (argc > 1)
                return text_parse_u64(argv[1], &number) < 0 ? load_file(argv[1], load) : run(number, userdata);
        for (number = 0; number < iterations && r == EXIT_SUCCESS; number++)
                r = run(number, userdata);
        return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fuzzes the readers of documents as an ordinary test: takes the documents of a small sample, the texts that are in
 * them, its .treeinfo and its manifests, then reads thousands of damaged copies. Every one is made of its number alone:
 * `fuzz-document NUMBER` reads that one again, --iterations N reads more or fewer of them. A file given as argument
 * is read as it is. */

#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include "base/text.h"
#include "fuzz/bson-replace.h"
#include "fuzz/corpus.h"
#include "fuzz/fuzz-document.h"
#include "migrations/pulp2to3/archive-format.h"
#include "migrations/pulp2to3/dump-unit.h"

#define ITERATIONS 12000
#define SEEDS_MAX 256
#define SNIPPETS_MAX 16384

typedef struct Seed {
        uint8_t *data; /* the first byte says what it is */
        size_t size;
} Seed;

typedef struct Corpus {
        Seed seeds[SEEDS_MAX];
        size_t n;
        uint64_t number; /* of the copy that is read */
        uint8_t *copy;   /* room for twice the largest one */
} Corpus;

static Corpus corpus;

static void add_seed(uint8_t what, const void *data, size_t size) {
        uint8_t *copy = malloc(size + 1);

        if (!copy || corpus.n == SEEDS_MAX)
                abort();
        *copy = what;
        memcpy(copy + 1, data, size);
        corpus.seeds[corpus.n++] = (Seed){ copy, size + 1 };
}

static void add_snippets(const bson_t *document) {
        static const char *const names[] = { "repodata.primary", "repodata.filelists", "repodata.other" };
        uint8_t text[SNIPPETS_MAX];
        size_t at = 0;

        for (size_t k = 0; k < ELEMENTSOF(names); k++) {
                uLongf n = sizeof(text) - at - 1;
                bson_iter_t i, value;
                const uint8_t *data;
                uint32_t size;

                if (!bson_iter_init(&i, document) || !bson_iter_find_descendant(&i, names[k], &value))
                        abort();
                bson_iter_binary(&value, NULL, &size, &data);
                if (uncompress(text + at, &n, data, size) != Z_OK)
                        abort();
                at += n;
                text[at++] = 0;
        }
        add_seed(FUZZ_PACKAGE, text, at);
}

static void add_importer(const ArchiveDocument *d) {
        static const char *const types[] = { "iso_importer", "yum_importer", "deb_importer", "docker_importer" };
        bson_iter_t i;

        if (!bson_iter_init_find(&i, d->bson, "importer_type_id"))
                abort();
        for (size_t k = 0; k < ELEMENTSOF(types); k++)
                if (streq(bson_iter_utf8(&i, NULL), types[k]))
                        add_seed((uint8_t) (FUZZ_IMPORTER + k), d->data, d->size_bytes);
}

static int take_document(const ArchiveDocument *d, void *userdata) {
        const UnitKind *kind;

        if (streq(d->collection, "repo_importers"))
                add_importer(d);
        for (size_t i = 0; (kind = unit_kind_get(i)); i++)
                if (streq(unit_kind_collection(kind), d->collection))
                        add_seed((uint8_t) i, d->data, d->size_bytes);
        if (streq(d->collection, "units_rpm"))
                add_snippets(d->bson);
        return 0;
}

static int kind_of_file(const char *path, const char *name) {
        if (streq(name, ".treeinfo") || streq(name, "treeinfo"))
                return FUZZ_TREEINFO;
        if (strstr(path, "/units/docker_manifest/"))
                return FUZZ_MANIFEST;
        return strstr(path, "/units/docker_manifest_list/") ? FUZZ_LIST : -1;
}

static int take_file(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        _cleanup_(freep) uint8_t *data = NULL;
        int kind = kind_of_file(path, path + ftw->base);
        size_t size;

        if (type == FTW_F && kind >= 0 && corpus_load(path, &data, &size) >= 0)
                add_seed((uint8_t) kind, data, size);
        return 0;
}

static int take(const char *archive, const char *content, void *userdata) {
        _cleanup_(freep) char *error = NULL;
        int r = archive_read(
                &(ArchiveRequest){ .path = archive, .database = ARCHIVE_DATABASE_PULP, .handler = take_document },
                NULL, &error);

        return r < 0 ? r : nftw(content, take_file, 16, FTW_PHYS);
}

/* Another document rather than other bytes: most of these are refused before they come far. */
static size_t replace(const Seed *seed, uint64_t number, uint8_t *copy) {
        uint64_t state = number, countdown;
        bson_t document, other = BSON_INITIALIZER;
        size_t size;

        if (!bson_init_static(&document, seed->data + 1, seed->size - 1))
                abort();
        countdown = corpus_draw(&state) % bson_count(&document);
        bson_replace(&document, &other, &countdown, corpus_draw(&state) >> 8);
        size = other.len;
        *copy = *seed->data;
        memcpy(copy + 1, bson_get_data(&other), size);
        bson_destroy(&other);
        return size + 1;
}

static void on_abort(int signal) {
        char text[64];
        int n = snprintf(text, sizeof(text), "fuzz-document %" PRIu64 "\n", corpus.number);

        (void) !write(STDERR_FILENO, text, (size_t) n);
}

static int run(uint64_t number, void *userdata) {
        const Seed *seed = &corpus.seeds[number % corpus.n];
        uint64_t round = number / corpus.n;
        bool is_bson = *seed->data < FUZZ_TREEINFO || *seed->data >= FUZZ_IMPORTER;
        size_t size;

        if (is_bson && round % 3 > 0)
                size = replace(seed, number, corpus.copy);
        else {
                *corpus.copy = *seed->data;
                size = 1 + corpus_damage(seed->data + 1, seed->size - 1, round, corpus.copy + 1);
        }
        corpus.number = number;
        (void) fuzz_document(corpus.copy, size);
        return EXIT_SUCCESS;
}

static int load(const uint8_t *data, size_t size) {
        printf("%d\n", fuzz_document(data, size));
        return EXIT_SUCCESS;
}

/* Each kind of input has to be there, and to be right as it is. */
static int check_seeds(void) {
        bool found[UINT8_MAX + 1] = {};
        size_t n = 0;

        for (size_t i = 0; i < corpus.n; i++) {
                int r = fuzz_document(corpus.seeds[i].data, corpus.seeds[i].size);

                if (r < 0) {
                        fprintf(stderr, "seed %zu of kind %u is not right: %s\n", i, *corpus.seeds[i].data,
                                strerror(-r));
                        return EXIT_FAILURE;
                }
                n += !found[*corpus.seeds[i].data];
                found[*corpus.seeds[i].data] = true;
        }
        /* Units of 18 types, four kinds of importers, .treeinfo, repodata, manifests and lists of them. */
        if (n < 18 + 4 + 4)
                fprintf(stderr, "there are seeds of %zu kinds only\n", n);
        return n < 18 + 4 + 4 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char *argv[]) {
        size_t largest = 0;
        int r = EXIT_FAILURE;

        (void) signal(SIGABRT, on_abort);
        if (corpus_make(0, take, NULL) >= 0)
                r = check_seeds();
        for (size_t i = 0; i < corpus.n; i++)
                largest = MAX(largest, corpus.seeds[i].size);
        /* A field may become a long text. */
        corpus.copy = malloc(2 * largest + 100000);
        if (r == EXIT_SUCCESS && corpus.copy)
                r = corpus_main(argc, argv, ITERATIONS, run, load, NULL);
        for (size_t i = 0; i < corpus.n; i++)
                free(corpus.seeds[i].data);
        free(corpus.copy);
        return r;
}

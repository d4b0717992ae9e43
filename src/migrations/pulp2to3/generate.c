/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* pulp2-generate: makes the dump of a Pulp 2 server that never was, for demonstrations, tests and
 * measurements. */

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "migrations/pulp2to3/archive-count.h"
#include "migrations/pulp2to3/archive-format.h"
#include "migrations/pulp2to3/sample-content.h"
#include "migrations/pulp2to3/sample-dump.h"
#include "migrations/pulp2to3/sample-expected.h"

#define EXIT_USAGE 2

typedef struct Arguments {
        const char *output;
        const char *count;
        bool help;
        SampleOptions sample;
} Arguments;

static const char help[] =
                "pulp2-generate --output DIR [OPTION…]\n"
                "pulp2-generate --count ARCHIVE\n\n"
                "Makes the dump of a Pulp 2 server with ISO repositories: DIR/pulp2.archive as of\n"
                "mongodump --archive, DIR/content as /var/lib/pulp/content, and DIR/expected.json\n"
                "with the numbers that a migration of it has to lead to. Equal options make\n"
                "equal bytes.\n\n"
                "  --output DIR             created; may exist if it is empty\n"
                "  --repositories N         repositories with units (4)\n"
                "  --empty-repositories N   repositories without (0)\n"
                "  --units N                ISO units (100)\n"
                "  --size-min B, --size-max B   bytes of a unit (1024, 4096)\n"
                "  --seed S                 of all that is random (1)\n"
                "  --on-demand PERCENT      units that were not downloaded (0)\n"
                "  --corrupted PERCENT      downloaded units with a wrong checksum (0)\n"
                "  --missing PERCENT        downloaded units without file (0)\n"
                "  --short PERCENT          downloaded units whose file was cut off (0)\n"
                "  --shared PERCENT         units in two or three repositories (0)\n"
                "  --duplicate PERCENT      good units with the bytes of another one (0)\n"
                "  --damaged-documents PERCENT   documents of units that are wrong, of each type the\n"
                "                           first at least (0)\n"
                "  --rpm N, --deb N         packages of these types, with units of all others (0)\n"
                "  --docker N               images, rounded up to bundles of four, with lists and tags (0)\n"
                "  --part-repositories N    repositories of each of these (3)\n"
                "  --generation G           the same server after G more days (0)\n"
                "  --count ARCHIVE          print what a given archive holds, as JSON\n"
                "  --help\n\n"
                "PERCENT may have two decimals; shares are rounded up to whole units.\n"
                "Exit status: 0 done, 1 failed, 2 wrong usage.\n";

/* "12", "0.5", "0.05" to hundredths of a percent. */
static int parse_share(const char *s, uint32_t *ret) {
        _cleanup_(freep) char *whole = NULL;
        const char *point = strchrnul(s, '.');
        uint32_t percent, hundredths = 0;
        int r;

        whole = strndup(s, (size_t) (point - s));
        if (!whole)
                return -ENOMEM;
        r = text_parse_u32(whole, &percent);
        if (r < 0)
                return r;
        if (*point) {
                r = strlen(point + 1) <= 2 ? text_parse_u32(point + 1, &hundredths) : -EINVAL;
                if (r < 0)
                        return r;
                if (strlen(point + 1) == 1)
                        hundredths *= 10;
        }
        if (percent > 100 || percent * 100 + hundredths > SAMPLE_SHARE_MAX)
                return -ERANGE;
        *ret = percent * 100 + hundredths;
        return 0;
}

typedef enum OptionType {
        OPTION_NUMBER, /* uint32_t */
        OPTION_SHARE,  /* uint32_t, in hundredths of a percent */
        OPTION_SEED,   /* uint64_t */
        OPTION_TEXT,   /* const char * */
        OPTION_HELP,   /* bool, without argument */
} OptionType;

static int option_set(OptionType type, void *value, const char *text) {
        switch (type) {
        case OPTION_NUMBER:
                return text_parse_u32(text, value);
        case OPTION_SEED:
                return text_parse_u64(text, value);
        case OPTION_SHARE:
                return parse_share(text, value);
        case OPTION_TEXT:
                *(const char **) value = text;
                return 0;
        case OPTION_HELP:
                *(bool *) value = true;
                return 0;
        }
        return -EINVAL;
}

static int arguments_parse(Arguments *a, int argc, char *argv[]) {
        SampleOptions *s = &a->sample;
        const struct {
                const char *name;
                OptionType type;
                void *value;
        } options[] = {
                { "output", OPTION_TEXT, &a->output },
                { "count", OPTION_TEXT, &a->count },
                { "repositories", OPTION_NUMBER, &s->n_repositories },
                { "empty-repositories", OPTION_NUMBER, &s->n_empty_repositories },
                { "units", OPTION_NUMBER, &s->n_units },
                { "size-min", OPTION_NUMBER, &s->size_min_bytes },
                { "size-max", OPTION_NUMBER, &s->size_max_bytes },
                { "seed", OPTION_SEED, &s->seed },
                { "on-demand", OPTION_SHARE, &s->on_demand },
                { "corrupted", OPTION_SHARE, &s->corrupted },
                { "missing", OPTION_SHARE, &s->missing },
                { "short", OPTION_SHARE, &s->truncated },
                { "shared", OPTION_SHARE, &s->shared },
                { "duplicate", OPTION_SHARE, &s->duplicate },
                { "rpm", OPTION_NUMBER, &s->n_rpm },
                { "deb", OPTION_NUMBER, &s->n_deb },
                { "docker", OPTION_NUMBER, &s->n_docker },
                { "part-repositories", OPTION_NUMBER, &s->n_part_repositories },
                { "damaged-documents", OPTION_SHARE, &s->damaged_documents },
                { "generation", OPTION_NUMBER, &s->generation },
                { "help", OPTION_HELP, &a->help },
        };
        struct option table[ELEMENTSOF(options) + 1] = {};
        int i, r;

        for (size_t k = 0; k < ELEMENTSOF(options); k++)
                table[k] = (struct option) { options[k].name, options[k].type != OPTION_HELP, NULL, (int) k };
        while ((i = getopt_long(argc, argv, "", table, NULL)) >= 0) {
                if (i == '?')
                        return -EINVAL;
                r = option_set(options[i].type, options[i].value, optarg);
                if (r < 0) {
                        fprintf(stderr, "pulp2-generate: --%s %s: %s\n", options[i].name, optarg,
                                strerror(-r));
                        return r;
                }
        }
        if (optind < argc || (!a->help && !a->output == !a->count)) {
                fprintf(stderr,
                        "pulp2-generate: either --output or --count, and no other arguments; see --help\n");
                return -EINVAL;
        }
        return 0;
}

/* Writes JSON to a new file, or to standard output if path is NULL. */
static int write_json(const json_t *json, const char *path, char **ret_error) {
        FILE *f = path ? fopen(path, "wxe") : stdout;
        int r = 0;

        if (!f)
                return text_error(ret_error, -errno, "%s: cannot create: %s", path, strerror(errno));
        errno = 0;
        if (json_dumpf(json, f, JSON_INDENT(2)) < 0 || fputc('\n', f) == EOF || fflush(f) != 0)
                r = text_error(ret_error, errno > 0 ? -errno : -EIO, "%s: cannot write: %s",
                               path ?: "standard output", strerror(errno));
        if (path && fclose(f) != 0 && r >= 0)
                r = text_error(ret_error, -errno, "%s: cannot write: %s", path, strerror(errno));
        return r;
}

static int count(const char *path, char **ret_error) {
        json_t *counts;
        int r;

        r = archive_count(path, ARCHIVE_DATABASE_PULP, &counts, ret_error);
        if (r < 0)
                return r;
        r = write_json(counts, NULL, ret_error);
        json_decref(counts);
        return r;
}

/* Names that are there already are refused one by one: nothing of a former sample is mixed with the new one.
 */
static int generate(const Arguments *a, char **ret_error) {
        _cleanup_(freep) char *archive = text_format("%s/pulp2.archive", a->output);
        _cleanup_(freep) char *content = text_format("%s/content", a->output);
        _cleanup_(freep) char *expected = text_format("%s/expected.json", a->output);
        _cleanup_(sample_freep) Sample *sample = NULL;
        json_t *json;
        int r;

        if (!archive || !content || !expected)
                return text_error(ret_error, -ENOMEM, "out of memory");
        r = sample_new(&a->sample, &sample, ret_error);
        if (r < 0)
                return r;
        if (mkdir(a->output, 0755) < 0 && errno != EEXIST)
                return text_error(ret_error, -errno, "%s: cannot create: %s", a->output, strerror(errno));
        if (mkdir(content, 0755) < 0)
                return text_error(ret_error, -errno, "%s: cannot create: %s", content, strerror(errno));
        r = sample_write_content(sample, content, ret_error);
        if (r < 0)
                return r;
        r = sample_write_archive(sample, archive, content, ret_error);
        if (r < 0)
                return r;
        json = sample_expect(sample);
        r = json ? write_json(json, expected, ret_error) : text_error(ret_error, -ENOMEM, "out of memory");
        json_decref(json);
        return r;
}

int main(int argc, char *argv[]) {
        Arguments a = {
                .sample = { .seed = 1,
                            .n_units = 100,
                            .n_repositories = 4,
                            .n_part_repositories = 3,
                            .size_min_bytes = 1024,
                            .size_max_bytes = 4096 },
        };
        _cleanup_(freep) char *error = NULL;
        int r;

        if (arguments_parse(&a, argc, argv) < 0)
                return EXIT_USAGE;
        if (a.help)
                return fputs(help, stdout) < 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
        r = a.count ? count(a.count, &error) : generate(&a, &error);
        if (r < 0)
                fprintf(stderr, "pulp2-generate: %s\n", error ?: strerror(-r));
        return r == -EINVAL ? EXIT_USAGE : r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

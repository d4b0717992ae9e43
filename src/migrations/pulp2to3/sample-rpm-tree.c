/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of type distribution: installable trees. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-rpm.h"

#define TEXT_MAX 4096
#define IMAGE_SIZE 512

/* Every repository has a tree: of one of two the images are on demand, and the .treeinfo of one of three is from
 * before there was a section [header]. */
typedef struct Tree {
        uint32_t repository;
        SamplePlace place;
        SampleDamage damage;
        bool downloaded, old;
        char repo_id[SAMPLE_REPOSITORY_SIZE], id[SAMPLE_ID_SIZE], name[64], directory[SAMPLE_KEY_DIRECTORY_SIZE];
} Tree;

static const char *const images[] = { "images/pxeboot/initrd.img", "images/pxeboot/vmlinuz", "LiveOS/squashfs.img" };

static int tree_make(const Sample *s, uint32_t repository, Tree *ret) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TEXT };
        Tree tree = { .repository = repository,
                      .place = rpm_repository_place(s, repository),
                      .damage = sample_damage(s, "rpm/tree", repository, kinds, ELEMENTSOF(kinds)),
                      .downloaded = repository % 2 == 0,
                      .old = repository % 3 == 2 };
        char key[160];
        int r;

        sample_repository_name("rpm", repository, tree.repo_id);
        (void) snprintf(tree.name, sizeof(tree.name), "distribution/%s", tree.repo_id);
        sample_uuid(s, tree.name, tree.id);
        (void) snprintf(tree.name, sizeof(tree.name), "ks-Sample Linux-Server-%s-x86_64", tree.repo_id);
        (void) snprintf(key, sizeof(key),
                        "archx86_64distribution_id%sfamilySample LinuxvariantServerversion8.%" PRIu32, tree.name,
                        repository % 10);
        r = sample_key_directory("distribution", key, tree.directory);
        *ret = tree;
        return r;
}

static int image_make(const Sample *s, const Tree *tree, size_t k, uint8_t bytes[static IMAGE_SIZE],
                      char checksum[65]) {
        sample_fill(s, "rpm/image", (uint64_t) tree->repository * ELEMENTSOF(images) + k, images[k], bytes,
                    IMAGE_SIZE);
        return sample_sha256(bytes, IMAGE_SIZE, checksum);
}

static size_t append_sections(const Tree *tree, char *text, size_t n) {
        uint32_t minor = tree->repository % 10;

        n += (size_t) snprintf(text + n, TEXT_MAX - n,
                               "\n[general]\n; WARNING.0 = This section is for older readers.\narch = x86_64\n"
                               "family = Sample Linux\nname = Sample Linux 8.%" PRIu32 "\npackagedir = Packages\n"
                               "timestamp = 15722%05" PRIu32 "\nvariant = Server\nversion = 8.%" PRIu32 "\n"
                               "\n[images-x86_64]\ninitrd = %s\nkernel = %s\n\n[stage2]\nmainimage = %s\n",
                               minor, tree->repository, minor, images[0], images[1], images[2]);
        if (tree->old)
                return n;
        n += (size_t) snprintf(text + n, TEXT_MAX - n,
                               "\n[images-xen]\ninitrd = %s\nkernel = %s\n"
                               "\n[header]\ntype = productmd.treeinfo\nversion = 1.2\n"
                               "\n[media]\ndiscnum = 1\ntotaldiscs = 1\n"
                               "\n[release]\nname = Sample Linux\nshort = SL\nversion = 8.%" PRIu32 "\n"
                               "\n[tree]\narch = x86_64\nbuild_timestamp = 15722%05" PRIu32 "\n"
                               "platforms = x86_64,xen\nvariants = Server,Client\n",
                               images[0], images[1], minor, tree->repository);
        return n +
               (size_t) snprintf(text + n, TEXT_MAX - n,
                                 "\n[addon-Server-Grove]\nid = Grove\nname = Grove addon\npackages = addons/grove\n"
                                 "parent = Server\nrepository = addons/grove\ntype = addon\nuid = Server-Grove\n"
                                 "\n[variant-Server]\naddons = Server-Grove\nid = Server\nname = Server\n"
                                 "packages = Packages\nrepository = .\ntype = variant\nuid = Server\n"
                                 "\n[variant-Client]\nid = Client\nname = Client\npackages = Packages\n"
                                 "repository = ../client\ntype = variant\nuid = Client\n");
}

/* One that is damaged has a line of no section, key and value. */
static int treeinfo_text(const Sample *s, const Tree *tree, char text[static TEXT_MAX], size_t *ret_size) {
        size_t n = (size_t) snprintf(text, TEXT_MAX, "[checksums]\n");
        uint8_t bytes[IMAGE_SIZE];
        char checksum[65];
        int r = 0;

        for (size_t k = 0; k < ELEMENTSOF(images) && r >= 0; k++) {
                r = image_make(s, tree, k, bytes, checksum);
                n += (size_t) snprintf(text + n, TEXT_MAX - n, "%s = sha256:%s\n", images[k], checksum);
        }
        n = append_sections(tree, text, n);
        if (tree->damage == SAMPLE_DAMAGE_TEXT)
                n += (size_t) snprintf(text + n, TEXT_MAX - n, "[tree\nand no more\n");
        *ret_size = n;
        return r;
}

static int write_files(SampleOutput *o, const Tree *tree) {
        char text[TEXT_MAX], path[192], checksum[65];
        uint8_t bytes[IMAGE_SIZE];
        size_t size;
        int r = treeinfo_text(o->sample, tree, text, &size);

        (void) snprintf(path, sizeof(path), "%s/%streeinfo", tree->directory, tree->old ? "" : ".");
        sample_output_file(o, path, text, size);
        for (size_t k = 0; k < ELEMENTSOF(images) && r >= 0 && tree->downloaded; k++) {
                r = image_make(o->sample, tree, k, bytes, checksum);
                (void) snprintf(path, sizeof(path), "%s/%s", tree->directory, images[k]);
                sample_output_file(o, path, bytes, IMAGE_SIZE);
        }
        return r;
}

static void append_files(SampleOutput *o, bson_t *d, const Tree *tree) {
        uint8_t bytes[IMAGE_SIZE];
        char checksum[65], key[12];
        bson_t files;

        BSON_APPEND_ARRAY_BEGIN(d, "files", &files);
        for (size_t k = 0; k < ELEMENTSOF(images); k++) {
                if (image_make(o->sample, tree, k, bytes, checksum) < 0)
                        sample_output_fail(o, -EIO, NULL);
                (void) snprintf(key, sizeof(key), "%zu", k);
                BCON_APPEND(&files, key, "{", "relativepath", BCON_UTF8(images[k]), "checksumtype", "sha256",
                            "checksum", BCON_UTF8(checksum), "}");
        }
        bson_append_array_end(d, &files);
}

static void expect_tree(SampleOutput *o, const Tree *tree) {
        if (tree->damage != SAMPLE_DAMAGE_NONE)
                return;
        sample_output_expect(o, "rpm_distributiontree", 1);
        sample_output_expect(o, "rpm_image", 2);
        sample_output_expect(o, "rpm_checksum", ELEMENTSOF(images));
        sample_output_expect(o, "rpm_variant", 1);
        /* With one of the .treeinfo, which the catalog has not. */
        sample_output_expect(o, "core_remoteartifact", tree->downloaded ? 0 : 1 + (int64_t) ELEMENTSOF(images));
}

static void write_tree(SampleOutput *o, const Tree *tree) {
        char path[192], version[16];
        bson_t *d;

        (void) snprintf(path, sizeof(path), SAMPLE_CONTENT_ROOT "%s", tree->directory);
        (void) snprintf(version, sizeof(version), "8.%" PRIu32, tree->repository % 10);
        if (write_files(o, tree) < 0)
                sample_output_fail(o, -EIO, NULL);
        d = sample_output_unit(o, "distribution", tree->id, sample_generation_time(tree->place.born), path,
                               tree->downloaded);
        BCON_APPEND(d, "distribution_id", BCON_UTF8(tree->name), "family", "Sample Linux", "variant", "Server",
                    "version", BCON_UTF8(version), "arch", "x86_64");
        append_files(o, d, tree);
        BCON_APPEND(d, "timestamp", BCON_DOUBLE(1572200000.0 + tree->repository), "packagedir", "Packages",
                    "version_sort_index", BCON_UTF8(version));
        sample_output_unit_end_damaged(o, tree->id, tree->damage,
                                       tree->damage == SAMPLE_DAMAGE_FIELD ? "distribution_id" : "");
        expect_tree(o, tree);
}

/* Paths and addresses of what Pulp 2 read from a list of files end with a newline. */
static void write_lazy_entries(SampleOutput *o, const Tree *tree) {
        char feed[RPM_FEED_SIZE], path[256], url[192], checksum[65];
        uint8_t bytes[IMAGE_SIZE];

        rpm_feed(tree->repo_id, 0, feed);
        for (size_t k = 0; k < ELEMENTSOF(images); k++) {
                const char *end = k == 2 ? "\n" : "";

                if (image_make(o->sample, tree, k, bytes, checksum) < 0)
                        sample_output_fail(o, -EIO, NULL);
                (void) snprintf(path, sizeof(path), SAMPLE_CONTENT_ROOT "%s/%s%s", tree->directory, images[k], end);
                (void) snprintf(url, sizeof(url), "%s%s%s", feed, images[k], end);
                sample_output_lazy(o, tree->repo_id, "distribution", tree->id, path, url, k == 2 ? NULL : checksum);
        }
}

void rpm_write_trees(SampleTally *t) {
        SampleOutput *o = t->output;
        Tree tree;

        for (uint32_t i = t->first; i < t->end && o->error >= 0; i++) {
                if (tree_make(o->sample, i, &tree) < 0)
                        sample_output_fail(o, -EIO, NULL);
                write_tree(o, &tree);
        }
        for (uint32_t i = t->first; i < t->end && o->error >= 0; i++) {
                if (tree_make(o->sample, i, &tree) < 0)
                        sample_output_fail(o, -EIO, NULL);
                sample_tally_link(t, &tree.place, "distribution", tree.id, tree.damage != SAMPLE_DAMAGE_FIELD,
                                  tree.damage == SAMPLE_DAMAGE_NONE);
                if (!tree.downloaded)
                        write_lazy_entries(o, &tree);
        }
}

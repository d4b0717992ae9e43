/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units of type yum_repo_metadata_file. */

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "migrations/pulp2to3/sample-rpm.h"

/* A file that Pulp 3 passes on too, or a copy of Pulp 2's own metadata, which is left out and no problem. */
static void write_metadata_file(SampleTally *t, uint32_t repository) {
        static const SampleDamage kinds[] = { SAMPLE_DAMAGE_FIELD, SAMPLE_DAMAGE_TYPE, SAMPLE_DAMAGE_CHECKSUM };
        SampleOutput *o = t->output;
        SamplePlace place = rpm_repository_place(o->sample, repository);
        SampleDamage damage = sample_damage(o->sample, "rpm/metadata-file", repository, kinds, ELEMENTSOF(kinds));
        const char *data_type = repository % 3 == 1 ? "modules_xz" : "productid";
        bool is_copy = repository % 3 == 1;
        uint32_t changed = sample_changed(o->sample, "rpm/metadata-file/text", repository, place.born);
        char repo_id[SAMPLE_REPOSITORY_SIZE], id[SAMPLE_ID_SIZE], text[128], checksum[65],
                directory[SAMPLE_KEY_DIRECTORY_SIZE], path[320];
        int size, r;
        bson_t *d;

        if (is_copy)
                damage = SAMPLE_DAMAGE_NONE;
        sample_repository_name("rpm", repository, repo_id);
        (void) snprintf(text, sizeof(text), "yum_repo_metadata_file/%s", repo_id);
        sample_uuid(o->sample, text, id);
        size = snprintf(text, sizeof(text), "%s of %s, revision %" PRIu32 "\n", data_type, repo_id, changed);
        r = sample_sha256(text, (size_t) size, checksum);
        (void) snprintf(path, sizeof(path), "data_type%srepo_id%s", data_type, repo_id);
        if (r < 0 || sample_key_directory("yum_repo_metadata_file", path, directory) < 0) {
                sample_output_fail(o, -EIO, NULL);
                return;
        }
        (void) snprintf(path, sizeof(path), SAMPLE_CONTENT_ROOT "%s/%s-%s", directory, checksum, data_type);
        sample_output_file(o, path + strlen(SAMPLE_CONTENT_ROOT), text, (size_t) size);
        d = sample_output_unit(o, "yum_repo_metadata_file", id, sample_generation_time(changed), path, true);
        BCON_APPEND(d, "data_type", BCON_UTF8(data_type), "repo_id", BCON_UTF8(repo_id), "checksum",
                    BCON_UTF8(checksum), "checksum_type",
                    BCON_UTF8(damage == SAMPLE_DAMAGE_CHECKSUM ? "crc32" : "sha256"));
        sample_output_unit_end_damaged(o, id, damage, damage == SAMPLE_DAMAGE_FIELD ? "data_type" : "checksum_type");
        sample_output_expect(o, "rpm_repometadatafile", !is_copy && damage == SAMPLE_DAMAGE_NONE);
        sample_tally_link(t, &place, "yum_repo_metadata_file", id,
                          damage == SAMPLE_DAMAGE_NONE || damage == SAMPLE_DAMAGE_CHECKSUM,
                          !is_copy && damage == SAMPLE_DAMAGE_NONE);
}

void rpm_write_metadata_files(SampleTally *t) {
        for (uint32_t i = t->first; i < t->end && t->output->error >= 0; i++)
                write_metadata_file(t, i);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/apt-release.h"

#include <inttypes.h>

#include "base/text.h"
#include "migrations/pulp2to3/apt-stanza.h"

/* Source: RFC 5322 as deb-control's Date has it; "C" is the locale of the program. */
#define DATE_FORMAT "%a, %d %b %Y %H:%M:%S +0000"

static const struct {
        const char *field;
        int digest;
} checksums[] = {
        { "MD5sum", DIGEST_MD5 },
        { "SHA1", DIGEST_SHA1 },
        { "SHA256", DIGEST_SHA256 },
        { "SHA512", DIGEST_SHA512 },
};

void apt_release_write(FILE *f, const AptRelease *r, const char *folder, const PublishedFile *files, size_t n_files) {
        char date[64];
        struct tm tm;

        (void) strftime(date, sizeof(date), DATE_FORMAT, gmtime_r(&r->date, &tm));
        apt_field_write(f, "Origin", "Pulp 3");
        if (r->suite && *r->suite)
                apt_field_write(f, "Suite", r->suite);
        apt_field_write(f, "Codename", r->codename);
        apt_field_write(f, "Date", date);
        apt_field_write(f, "Architectures", r->architectures);
        apt_field_write(f, "Components", r->components);
        if (r->description && *r->description)
                apt_field_write(f, "Description", r->description);
        for (size_t i = 0; i < ELEMENTSOF(checksums); i++) {
                fprintf(f, "%s:\n", checksums[i].field);
                for (size_t k = 0; k < n_files; k++)
                        fprintf(f, " %s %16" PRIu64 " %s\n", files[k].digests.text[checksums[i].digest],
                                files[k].digests.size_bytes, files[k].relative_path + strlen(folder));
        }
}

-- SPDX-License-Identifier: LGPL-2.1-or-later
-- Tables that a migration writes and the target lacks.
SELECT name FROM unnest(ARRAY['core_artifact', 'core_content', 'core_contentartifact', 'core_distribution', 'core_publication',
        'core_publishedartifact', 'core_publishedmetadata', 'core_remote', 'core_remoteartifact', 'core_repository',
        'core_repositorycontent', 'core_repositoryversion', 'core_repositoryversioncontentdetails', 'file_filecontent',
        'file_filedistribution', 'file_filepublication', 'file_fileremote', 'file_filerepository']) AS needed (name)
        WHERE to_regclass('public.' || name) IS NULL ORDER BY name;

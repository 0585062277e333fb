// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/rule_reload.h"

#include "file_complaint.h"

#include <exception>
#include <glob.h>

namespace nfsieve {

namespace {

/// A name with *, ? or [ stands for the files that it fits, by name; where none does it stands for itself,
/// and whoever reads it says that there is no such file.
void add_files(const std::filesystem::path& name, std::vector<std::filesystem::path>& files) {
    glob_t found{};
    const int failed = ::glob(name.c_str(), GLOB_NOCHECK | GLOB_NOESCAPE, nullptr, &found);
    if (failed != 0)
        files.push_back(name);
    for (std::size_t i = 0; failed == 0 && i < found.gl_pathc; ++i)
        files.emplace_back(found.gl_pathv[i]);
    ::globfree(&found);
}

} // namespace

std::vector<std::filesystem::path> all_rule_files(const ReloadableConfig& config,
                                                  const std::vector<std::filesystem::path>& extra_rules) {
    std::vector<std::filesystem::path> files;
    for (const auto* named : {&config.rules, &extra_rules})
        for (const std::filesystem::path& name : *named)
            add_files(name, files);
    return files;
}

ReloadResult reload_rules(const std::filesystem::path& config_file,
                          const std::vector<std::filesystem::path>& extra_rules,
                          const SealedConfig& running) {
    ReloadResult result;
    try {
        ReadConfig read;
        if (!config_file.empty())
            read = read_config(config_file);
        if (!read.errors.empty()) {
            result.loaded.errors = std::move(read.errors);
            return result;
        }
        if (!config_file.empty())
            result.restart_keys = sealed_changes(running, read.config.sealed);
        result.loaded = load_rules(all_rule_files(read.config.reloadable, extra_rules),
                                   read.config.reloadable.rule_options);
    } catch (const std::exception& failure) {
        result.loaded = {};
        result.loaded.errors.push_back(
            file_complaint(config_file.string(), std::string("cannot be loaded: ") + failure.what()));
    }
    return result;
}

} // namespace nfsieve

// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/rule_reload.h"

#include "file_complaint.h"

#include <exception>

namespace nfsieve {

std::vector<std::filesystem::path> all_rule_files(const ReloadableConfig& config,
                                                  const std::vector<std::filesystem::path>& extra_rules) {
    std::vector<std::filesystem::path> files = config.rules;
    files.insert(files.end(), extra_rules.begin(), extra_rules.end());
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
        result.loaded = load_rules(all_rule_files(read.config.reloadable, extra_rules));
    } catch (const std::exception& failure) {
        result.loaded = {};
        result.loaded.errors.push_back(
            file_complaint(config_file.string(), std::string("cannot be loaded: ") + failure.what()));
    }
    return result;
}

} // namespace nfsieve

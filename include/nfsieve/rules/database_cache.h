// SPDX-License-Identifier: GPL-2.0-or-later
// Compiled Vectorscan databases on disk, so that a restart does not compile them again.
#pragma once

#include "nfsieve/rules/hs_handles.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace nfsieve {

/// A folder with one file for each database, named by a SHA-256 of all that went into it: patterns, flags,
/// mode, Vectorscan's version and the processor's features. A file that does not fit is compiled anew and
/// replaced. Not having a folder, or not being able to write to it, costs time alone. One thread at a time;
/// several processes may share a folder.
class DatabaseCache {
public:
    /// Without a folder nothing is kept.
    DatabaseCache() = default;
    explicit DatabaseCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// What `text` (all that went into a database) names, or null.
    [[nodiscard]] HsDatabase load(std::string_view text);
    void store(std::string_view text, const hs_database_t* database);

    [[nodiscard]] std::size_t hits() const { return hits_; }
    [[nodiscard]] std::size_t misses() const { return misses_; }
    /// Why something could not be kept; empty where nothing went wrong.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }
    /// Removes files that this object has neither loaded nor stored and that are older than `days`.
    void forget_unused(unsigned days) const;

private:
    [[nodiscard]] std::filesystem::path path_of(std::string_view text) const;

    std::filesystem::path folder_;
    std::size_t hits_ = 0, misses_ = 0;
    std::string trouble_;
};

} // namespace nfsieve

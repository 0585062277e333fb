// SPDX-License-Identifier: GPL-2.0-or-later
// A file of lines that can be opened anew and that survives refusals. Belongs to one thread.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/base/unique_fd.h"

#include <filesystem>
#include <functional>
#include <string>

namespace nfsieve {

class LineFile {
public:
    /// "-" is standard output.
    [[nodiscard]] static Result<LineFile> open(std::filesystem::path path);

    /// Errors leave the old file open.
    Result<void> reopen();

    /// Writes whole lines. After an error in the middle of a line the next write begins a new one. `give_up`
    /// is asked while a reader (pipe, terminal) is not keeping up.
    Result<void> write(const std::string& lines, const std::function<bool()>& give_up);

private:
    LineFile(std::filesystem::path path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    [[nodiscard]] static Result<UniqueFd> open_descriptor(const std::filesystem::path& path);

    std::filesystem::path path_;
    UniqueFd fd_;
    bool torn_ = false; ///< the last line in the file is not whole
};

} // namespace nfsieve

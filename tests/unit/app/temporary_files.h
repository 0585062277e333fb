// SPDX-License-Identifier: GPL-2.0-or-later
// A directory that lasts as long as a test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace nfsieve {

class TemporaryFiles {
public:
    TemporaryFiles() {
        std::string name = (std::filesystem::temp_directory_path() / "nfsieve-test-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr)
            directory_ = name;
    }
    ~TemporaryFiles() {
        std::error_code ignored;
        if (!directory_.empty())
            std::filesystem::remove_all(directory_, ignored);
    }
    TemporaryFiles(const TemporaryFiles&) = delete;
    TemporaryFiles& operator=(const TemporaryFiles&) = delete;

    [[nodiscard]] std::filesystem::path path(std::string_view name) const { return directory_ / name; }

    std::filesystem::path write(std::string_view name, std::string_view text) const {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }

private:
    std::filesystem::path directory_;
};

/// A rule file with one rule that drops what contains `literal`.
inline std::string drop_rule(std::string_view id, std::string_view literal) {
    return R"({"rules": [{"id": ")" + std::string(id) +
           R"(", "action": "drop", "match": {"payload": {"contains": ")" + std::string(literal) + R"("}}}]})";
}

} // namespace nfsieve

// SPDX-License-Identifier: GPL-2.0-or-later
// Typed values out of located JSON. Every read either yields a value that is right or leaves a complaint with
// its place and the remedy.
#pragma once

#include "nfsieve/base/time.h"
#include "nfsieve/rules/located_json.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nfsieve {

/// One key that an object may have.
struct ConfigField {
    std::string_view key;
    std::function<void(const LocatedJson&)> read;
};

class ConfigValues {
public:
    /// `file` as places name it.
    explicit ConfigValues(std::string file) : file_(std::move(file)) {}

    void complain(const LocatedJson& at, std::string message);
    [[nodiscard]] std::vector<RuleError> take_errors() { return std::move(errors_); }

    /// Gives each member to its field's reader; a key without a field is a complaint that names the nearest.
    void object(const LocatedJson& value, std::span<const ConfigField> fields);
    /// Gives each item to `read`; anything but a list is a complaint that says what the items would be.
    void list(const LocatedJson& value, const char* items,
              const std::function<void(const LocatedJson&)>& read);

    [[nodiscard]] std::optional<bool> boolean(const LocatedJson& value);
    /// A non-empty string; `what` says of what, e.g. "a file name".
    [[nodiscard]] std::optional<std::string> string(const LocatedJson& value, const char* what);
    /// An integer in [least, most].
    [[nodiscard]] std::optional<std::int64_t> integer(const LocatedJson& value, std::int64_t least,
                                                      std::int64_t most);
    /// Bytes, as an integer or as "64K", "256M", "2G" (powers of 1024); at least `least`.
    [[nodiscard]] std::optional<std::uint64_t> size(const LocatedJson& value, std::uint64_t least);
    /// Seconds as an integer, or "500ms", "30s", "5m", "1h"; at least a millisecond, at most 30 days.
    [[nodiscard]] std::optional<Duration> duration(const LocatedJson& value);
    /// The position of the string among `words`.
    [[nodiscard]] std::optional<std::size_t> choice(const LocatedJson& value, const char* what,
                                                    std::span<const std::string_view> words);

private:
    void wrong_type(const LocatedJson& value, const std::string& wanted);

    std::string file_;
    std::vector<RuleError> errors_;
};

} // namespace nfsieve

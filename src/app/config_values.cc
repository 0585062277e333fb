// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_values.h"

#include "nfsieve/base/wording.h"

#include <array>
#include <charconv>
#include <limits>

namespace nfsieve {

namespace {

struct UnitOfMeasure {
    std::string_view suffix;
    std::uint64_t factor;
};

constexpr std::array size_units{
    UnitOfMeasure{"K", 1ULL << 10},
    UnitOfMeasure{"M", 1ULL << 20},
    UnitOfMeasure{"G", 1ULL << 30},
};

/// In nanoseconds.
constexpr std::array duration_units{
    UnitOfMeasure{"ms", 1'000'000ULL},
    UnitOfMeasure{"s", 1'000'000'000ULL},
    UnitOfMeasure{"m", 60'000'000'000ULL},
    UnitOfMeasure{"h", 3'600'000'000'000ULL},
};

constexpr std::uint64_t longest_duration = 30ULL * 24 * 3'600'000'000'000ULL;

/// "256M" with its unit; nothing where it is not one, or overflows.
std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const UnitOfMeasure> units) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc{})
        return std::nullopt;
    const std::string_view suffix(stop, static_cast<std::size_t>(end - stop));
    for (const UnitOfMeasure& unit : units) {
        if (suffix == unit.suffix && value <= std::numeric_limits<std::uint64_t>::max() / unit.factor)
            return value * unit.factor;
    }
    return std::nullopt;
}

} // namespace

void ConfigValues::complain(const LocatedJson& at, std::string message) {
    errors_.push_back({{file_, at.line, at.column}, {}, std::move(message)});
}

void ConfigValues::wrong_type(const LocatedJson& value, const std::string& wanted) {
    complain(value, std::string(type_name(value.type)) + " stands where " + wanted + " is wanted");
}

void ConfigValues::object(const LocatedJson& value, std::span<const ConfigField> fields) {
    if (value.type != LocatedJson::Type::object) {
        wrong_type(value, "an object");
        return;
    }
    for (const LocatedJson::Member& member : value.members) {
        bool known = false;
        for (const ConfigField& field : fields) {
            if (field.key != member.key)
                continue;
            field.read(member.value);
            known = true;
        }
        if (known)
            continue;
        std::vector<std::string_view> keys;
        for (const ConfigField& field : fields)
            keys.push_back(field.key);
        errors_.push_back({{file_, member.line, member.column}, {}, unknown_word("key", member.key, keys)});
    }
}

void ConfigValues::list(const LocatedJson& value, const char* items,
                        const std::function<void(const LocatedJson&)>& read) {
    if (value.type != LocatedJson::Type::array) {
        wrong_type(value, std::string("a list of ") + items);
        return;
    }
    for (const LocatedJson& item : value.items)
        read(item);
}

std::optional<bool> ConfigValues::boolean(const LocatedJson& value) {
    if (value.type == LocatedJson::Type::boolean)
        return value.boolean;
    wrong_type(value, "true or false");
    return std::nullopt;
}

std::optional<std::string> ConfigValues::string(const LocatedJson& value, const char* what) {
    if (value.type != LocatedJson::Type::string)
        wrong_type(value, what);
    else if (value.string.empty())
        complain(value, std::string("an empty string stands where ") + what + " is wanted");
    else if (value.string.find('\0') != std::string::npos)
        complain(value, std::string("a zero byte stands in ") + what);
    else
        return value.string;
    return std::nullopt;
}

std::optional<std::int64_t> ConfigValues::integer(const LocatedJson& value, std::int64_t least,
                                                  std::int64_t most) {
    const std::string wanted = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    if (value.type != LocatedJson::Type::integer)
        wrong_type(value, wanted);
    else if (value.integer < least || value.integer > most)
        complain(value, std::to_string(value.integer) + " stands where " + wanted + " is wanted");
    else
        return value.integer;
    return std::nullopt;
}

std::optional<std::uint64_t> ConfigValues::size(const LocatedJson& value, std::uint64_t least) {
    std::optional<std::uint64_t> bytes;
    if (value.type == LocatedJson::Type::integer && value.integer >= 0)
        bytes = static_cast<std::uint64_t>(value.integer);
    else if (value.type == LocatedJson::Type::string)
        bytes = with_unit(value.string, size_units);
    if (!bytes)
        complain(value, "not a size: write bytes such as 1048576, or \"64K\", \"256M\", \"2G\"");
    else if (*bytes < least || *bytes > std::uint64_t{1} << 46)
        complain(value, "a size of " + std::to_string(*bytes) + " bytes is out of range: at least " +
                            std::to_string(least) + " is wanted, and at most 64 TiB");
    else
        return bytes;
    return std::nullopt;
}

std::optional<Duration> ConfigValues::duration(const LocatedJson& value) {
    std::optional<std::uint64_t> nanoseconds;
    if (value.type == LocatedJson::Type::integer && value.integer >= 0 && value.integer <= 30 * 24 * 3600)
        nanoseconds = static_cast<std::uint64_t>(value.integer) * 1'000'000'000ULL;
    else if (value.type == LocatedJson::Type::string)
        nanoseconds = with_unit(value.string, duration_units);
    if (nanoseconds && *nanoseconds >= 1'000'000 && *nanoseconds <= longest_duration)
        return Duration(static_cast<Duration::rep>(*nanoseconds));
    complain(value, "not a time: write seconds such as 30, or \"500ms\", \"30s\", \"5m\", \"1h\"; more than "
                    "zero and at most 30 days");
    return std::nullopt;
}

std::optional<std::size_t> ConfigValues::choice(const LocatedJson& value, const char* what,
                                                std::span<const std::string_view> words) {
    if (value.type != LocatedJson::Type::string) {
        std::string wanted;
        for (const std::string_view word : words)
            wanted += (wanted.empty() ? "\"" : " or \"") + std::string(word) + "\"";
        wrong_type(value, wanted);
        return std::nullopt;
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == value.string)
            return i;
    }
    complain(value, unknown_word(what, value.string, words));
    return std::nullopt;
}

} // namespace nfsieve

// SPDX-License-Identifier: GPL-2.0-or-later
#include "match_reader.h"

#include "keys.h"

#include <algorithm>

namespace nfsieve {
namespace {

using Type = LocatedJson::Type;

/// Stream offsets are 64 bits wide; a limit far above any stream keeps sums of them from wrapping.
constexpr std::int64_t max_offset = std::int64_t{1} << 40;

int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Pairs of hex digits with spaces between pairs.
std::optional<std::string> parse_hex(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size();) {
        if (text[i] == ' ') {
            ++i;
            continue;
        }
        const int high = hex_digit(text[i]);
        const int low = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
        if (high < 0 || low < 0)
            return std::nullopt;
        bytes.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return bytes;
}

/// "offset", "depth" and "nocase" of one payload object.
struct Modifiers {
    bool nocase = false;
    const LocatedJson* offset = nullptr;
    const LocatedJson* depth = nullptr;
};

/// One object that says what must be found in a buffer.
class BufferReader {
public:
    BufferReader(const LocatedJson& json, Buffer buffer, Complaints& complaints)
        : json_(json), complaints_(complaints), payload_(buffer == Buffer::payload),
          quoted_("\"" + std::string(info(buffer).name) + "\"") {
        common_.view.buffer = buffer;
    }

    std::optional<MatchSpec> read() {
        if (!complaints_.expect_object(json_, quoted_,
                                       payload_ ? std::span<const std::string_view>(keys::payload)
                                                : std::span<const std::string_view>(keys::buffer)))
            return std::nullopt;
        read_name();
        read_modifiers();
        for (const std::string_view key : {"contains", "starts_with", "ends_with", "equals"})
            if (const LocatedJson* value = json_.find(key))
                read_literal(key, *value);
        if (const LocatedJson* value = json_.find("domain"))
            read_domain(*value);
        if (const LocatedJson* value = json_.find("regex"))
            read_regex(*value);
        if (good_ && patterns_.empty())
            refuse(json_, quoted_ + " says nothing to look for; give it \"contains\", \"starts_with\", "
                                    "\"equals\" or \"regex\"");
        if (!good_)
            return std::nullopt;
        if (patterns_.size() == 1)
            return std::move(patterns_.front());
        if (!payload_) {
            MatchSpec together = std::move(patterns_.front());
            for (std::size_t i = 1; i < patterns_.size(); ++i)
                together.also.push_back(std::move(patterns_[i].pattern));
            return together;
        }
        MatchSpec all;
        all.kind = MatchSpec::Kind::all;
        all.children = std::move(patterns_);
        return all;
    }

private:
    void refuse(const LocatedJson& at, std::string message) {
        complaints_.at(at, std::move(message));
        good_ = false;
    }

    /// "http.header" of one name is a buffer of its own: each header of that name.
    void read_name() {
        const LocatedJson* name = json_.find("name");
        if (name == nullptr)
            return;
        if (common_.view.buffer != Buffer::http_header)
            return refuse(*name, "\"name\" can stand in \"http.header\" alone");
        if (!complaints_.expect(*name, Type::string, "\"name\"")) {
            good_ = false;
            return;
        }
        if (name->string.empty() || name->string.find_first_of(" :\r\n\t") != std::string::npos)
            return refuse(*name, "\"name\" is a header's name, such as \"X-Forwarded-For\"");
        common_.view.buffer = Buffer::http_named_header;
        common_.view.header = name->string;
        for (char& c : common_.view.header)
            if (c >= 'A' && c <= 'Z')
                c = static_cast<char>(c - 'A' + 'a');
    }

    /// The name itself and all below it, in any case.
    void read_domain(const LocatedJson& json) {
        if (!complaints_.expect(json, Type::string, "\"domain\"")) {
            good_ = false;
            return;
        }
        std::string_view name = json.string;
        if (name.starts_with('.'))
            name.remove_prefix(1);
        if (name.empty() || name.find_first_of("*/ :") != std::string_view::npos)
            return refuse(json,
                          "\"domain\" is a name such as \"example.org\", which covers www.example.org too");
        if (!patterns_.empty() || json_.find("regex") != nullptr || modifiers_.offset != nullptr ||
            modifiers_.depth != nullptr)
            return refuse(json,
                          "\"domain\" stands alone in its object; put the rest into another under \"all\"");
        PatternSpec pattern = common_;
        pattern.view.transforms.push_back({Transform::Kind::dotprefix, ""});
        pattern.text = "." + std::string(name);
        pattern.nocase = true;
        pattern.at_end = true;
        add(std::move(pattern), json);
    }

    void read_modifiers() {
        if (const LocatedJson* nocase = json_.find("nocase")) {
            if (complaints_.expect(*nocase, Type::boolean, "\"nocase\""))
                common_.nocase = nocase->boolean;
            else
                good_ = false;
        }
        modifiers_.offset = count("offset", 0);
        if (modifiers_.offset != nullptr)
            common_.offset = static_cast<std::uint64_t>(modifiers_.offset->integer);
        modifiers_.depth = count("depth", 1);
        if (modifiers_.depth != nullptr)
            common_.depth = static_cast<std::uint64_t>(modifiers_.depth->integer);
    }

    const LocatedJson* count(std::string_view key, std::int64_t least) {
        const LocatedJson* value = json_.find(key);
        if (value == nullptr)
            return nullptr;
        const std::string name = "\"" + std::string(key) + "\"";
        if (!complaints_.expect(*value, Type::integer, name)) {
            good_ = false;
        } else if (value->integer < least || value->integer > max_offset) {
            refuse(*value, name + " must be a number of bytes from " + std::to_string(least) + " to " +
                               std::to_string(max_offset));
        } else {
            return value;
        }
        return nullptr;
    }

    void add(PatternSpec pattern, const LocatedJson& json) {
        pattern.place = complaints_.place(json);
        MatchSpec match;
        match.pattern = std::move(pattern);
        patterns_.push_back(std::move(match));
    }

    void read_literal(std::string_view key, const LocatedJson& json) {
        const std::string name = "\"" + std::string(key) + "\"";
        auto bytes = read_bytes(json, name, complaints_);
        if (!bytes) {
            good_ = false;
            return;
        }
        PatternSpec pattern = common_;
        pattern.at_start = key == "starts_with" || key == "equals";
        pattern.at_end = key == "ends_with" || key == "equals";
        if (bytes->empty())
            return refuse(json,
                          name + " is empty, and nothing is found everywhere; give it at least one byte");
        if (pattern.at_end && modifiers_.offset != nullptr)
            return refuse(*modifiers_.offset, "\"offset\" cannot stand beside " + name +
                                                  ", which is about the whole " + whole_ +
                                                  "; use \"regex\" with \\z for its end");
        if (pattern.at_end && modifiers_.depth != nullptr)
            return refuse(*modifiers_.depth, "\"depth\" cannot stand beside " + name +
                                                 ", which is about the whole " + whole_ + "; remove it");
        if (pattern.at_start && modifiers_.depth != nullptr)
            return refuse(*modifiers_.depth,
                          "\"depth\" cannot stand beside \"starts_with\", which already says "
                          "where; remove it, or use \"contains\"");
        if (pattern.depth && *pattern.depth < bytes->size())
            return refuse(*modifiers_.depth, "\"depth\" is " + std::to_string(*pattern.depth) +
                                                 " but the literal has " + std::to_string(bytes->size()) +
                                                 " bytes, so it could never match; \"depth\" counts from "
                                                 "\"offset\" to the end of the match");
        pattern.text = std::move(*bytes);
        add(std::move(pattern), json);
    }

    void read_regex(const LocatedJson& json) {
        if (!complaints_.expect(json, Type::string, "\"regex\"")) {
            good_ = false;
            return;
        }
        const auto not_plain = [](char c) { return c == '\0' || static_cast<unsigned char>(c) > 0x7e; };
        if (json.string.empty())
            return refuse(json,
                          "\"regex\" is empty, and nothing is found everywhere; give it something to find");
        if (std::any_of(json.string.begin(), json.string.end(), not_plain))
            return refuse(
                json, "\"regex\" is about bytes: write those outside ASCII as \\xNN (in JSON \"\\\\xNN\"), "
                      "or use \"contains\"");
        if (!payload_ && (modifiers_.offset != nullptr || modifiers_.depth != nullptr))
            return refuse(
                modifiers_.offset != nullptr ? *modifiers_.offset : *modifiers_.depth,
                "\"offset\" and \"depth\" cannot stand beside a \"regex\" on a named buffer; begin it with "
                "^.{N}");
        PatternSpec pattern = common_;
        pattern.kind = PatternSpec::Kind::regex;
        pattern.text = json.string;
        add(std::move(pattern), json);
    }

    const LocatedJson& json_;
    Complaints& complaints_;
    const bool payload_;
    const std::string quoted_; ///< the buffer's name
    const std::string whole_ = payload_ ? "stream" : "buffer";
    bool good_ = true;
    PatternSpec common_; ///< what the modifiers say
    Modifiers modifiers_;
    std::vector<MatchSpec> patterns_;
};

/// All keys of a match: those that combine, and the buffers.
std::vector<std::string_view> match_keys() {
    std::vector<std::string_view> names = json_buffer_names();
    names.insert(names.end(), keys::match.begin(), keys::match.end());
    return names;
}

std::optional<MatchSpec> read_list(std::string_view key, const LocatedJson& json, Complaints& complaints) {
    const std::string name = "\"" + std::string(key) + "\"";
    if (!complaints.expect(json, Type::array, name))
        return std::nullopt;
    if (json.items.empty()) {
        complaints.at(json, name + " is empty; list at least one match");
        return std::nullopt;
    }
    MatchSpec match;
    match.kind = key == "all" ? MatchSpec::Kind::all : MatchSpec::Kind::any;
    bool good = true;
    for (const LocatedJson& item : json.items) {
        auto child = read_match(item, complaints);
        good = good && child;
        if (child)
            match.children.push_back(std::move(*child));
    }
    return good ? std::optional(std::move(match)) : std::nullopt;
}

std::optional<MatchSpec> read_not(const LocatedJson& json, Complaints& complaints) {
    auto child = read_match(json, complaints);
    if (!child)
        return std::nullopt;
    MatchSpec match;
    match.kind = MatchSpec::Kind::not_;
    match.children.push_back(std::move(*child));
    return match;
}

} // namespace

std::optional<std::string> read_bytes(const LocatedJson& json, std::string_view what,
                                      Complaints& complaints) {
    if (json.type == Type::string)
        return json.string;
    if (json.type != Type::object) {
        complaints.at(json, std::string(what) + " must be a string or {\"hex\": \"de ad\"}, but this is " +
                                type_name(json.type));
        return std::nullopt;
    }
    if (!complaints.expect_object(json, what, keys::bytes))
        return std::nullopt;
    const LocatedJson* hex = json.find("hex");
    if (hex == nullptr) {
        if (json.members.empty())
            complaints.at(json, std::string(what) + " must be a string or {\"hex\": \"de ad\"}");
        return std::nullopt;
    }
    if (!complaints.expect(*hex, Type::string, "\"hex\""))
        return std::nullopt;
    auto bytes = parse_hex(hex->string);
    if (!bytes)
        complaints.at(*hex, in_quotes(hex->string) +
                                " is not hex: write pairs of digits, with spaces between pairs or none, like "
                                "\"de ad be ef\"");
    return bytes;
}

std::optional<MatchSpec> read_match(const LocatedJson& json, Complaints& complaints) {
    if (!complaints.expect_object(json, "\"match\"", match_keys()))
        return std::nullopt;
    std::vector<MatchSpec> parts;
    bool good = true;
    for (const LocatedJson::Member& member : json.members) {
        std::optional<MatchSpec> part;
        if (const auto buffer = json_buffer(member.key))
            part = BufferReader(member.value, *buffer, complaints).read();
        else if (member.key == "not")
            part = read_not(member.value, complaints);
        else if (member.key == "all" || member.key == "any")
            part = read_list(member.key, member.value, complaints);
        good = good && part;
        if (part)
            parts.push_back(std::move(*part));
    }
    if (json.members.empty()) {
        complaints.at(json, "this match is empty; give it \"payload\", \"all\", \"any\" or \"not\"");
        return std::nullopt;
    }
    if (!good)
        return std::nullopt;
    if (parts.size() == 1)
        return std::move(parts.front());
    MatchSpec match;
    match.kind = MatchSpec::Kind::all;
    match.children = std::move(parts);
    return match;
}

} // namespace nfsieve

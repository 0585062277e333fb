// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/json_reader.h"

#include "keys.h"
#include "rule_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <tuple>
#include <unordered_map>

namespace nfsieve {
namespace {

using Type = LocatedJson::Type;

constexpr std::size_t max_file_bytes = std::size_t{64} << 20;
constexpr std::array<std::string_view, 3> default_names = {"accept", "drop", "reject"};

std::string words(const Place& place) {
    return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

/// Reads several files into one list.
class FilesReader {
public:
    void read_text(std::string_view text, const std::string& file) {
        const std::size_t first_error = read_.errors.size();
        read_one(text, file);
        std::stable_sort(read_.errors.begin() + static_cast<std::ptrdiff_t>(first_error), read_.errors.end(),
                         [](const RuleError& a, const RuleError& b) {
                             return std::tie(a.place.line, a.place.column) <
                                    std::tie(b.place.line, b.place.column);
                         });
    }

    void read_file(const std::filesystem::path& path) {
        auto text = slurp(path);
        if (text)
            read_text(*text, path.string());
        else
            read_.errors.push_back({{path.string(), 0, 0}, "", text.error().message});
    }

    ReadRules take() { return std::move(read_); }

private:
    static Result<std::string> slurp(const std::filesystem::path& path) {
        std::error_code error;
        const auto status = std::filesystem::status(path, error);
        if (status.type() == std::filesystem::file_type::not_found)
            return Error{"there is no such file; check the path"};
        if (error)
            return Error{"cannot be read: " + error.message()};
        if (std::filesystem::is_directory(status))
            return Error{"is a directory; name the rule files in it"};
        if (!std::filesystem::is_regular_file(status))
            return Error{"is not a regular file; a rule file must be one"};
        const auto too_large = Error{"has more than " + std::to_string(max_file_bytes >> 20) +
                                     " MiB; split it into several rule files"};
        if (std::filesystem::file_size(path, error) > max_file_bytes && !error)
            return too_large;
        errno = 0;
        std::ifstream in(path, std::ios::binary);
        const int why = errno;
        if (!in)
            return Error{std::string("cannot be opened: ") + std::strerror(why)};
        std::string text;
        std::string chunk(std::size_t{1} << 16, '\0');
        while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
            text.append(chunk, 0, static_cast<std::size_t>(in.gcount()));
            if (text.size() > max_file_bytes) // it may have grown
                return too_large;
        }
        if (in.bad())
            return Error{"cannot be read to its end"};
        return text;
    }

    void read_one(std::string_view text, const std::string& file) {
        if (text.find_first_not_of(" \t\r\n") == text.npos) {
            read_.errors.push_back({{file, 0, 0}, "", "is empty; a rule file is at least {\"rules\": []}"});
            return;
        }
        ParsedJson parsed = parse_located_json(text, file);
        for (RuleError& error : parsed.errors)
            read_.errors.push_back(std::move(error));
        if (!parsed.complete)
            return;
        Complaints complaints(file, read_.errors);
        if (complaints.expect_object(parsed.root, "a rule file", keys::file))
            read_members(parsed.root, complaints);
    }

    void read_members(const LocatedJson& root, Complaints& complaints) {
        for (const std::string_view key : {"$schema", "comment"})
            if (const LocatedJson* value = root.find(key))
                (void)complaints.expect(*value, Type::string, "\"" + std::string(key) + "\"");
        if (const LocatedJson* value = root.find("default"))
            read_default(*value, complaints);
        SetReader sets(complaints);
        if (const LocatedJson* value = root.find("sets"))
            sets.read_sets(*value);
        const LocatedJson* rules = root.find("rules");
        if (rules == nullptr) {
            complaints.at(root, "a rule file needs \"rules\", a list of rules (it may be empty)");
            return;
        }
        if (!complaints.expect(*rules, Type::array, "\"rules\""))
            return;
        for (const LocatedJson& json : rules->items)
            if (auto rule = read_rule(json, sets, complaints))
                add(std::move(*rule), json, complaints);
    }

    void read_default(const LocatedJson& json, Complaints& complaints) {
        const auto choice = read_choice(json, "\"default\"", default_names, complaints);
        if (!choice || *choice == 0)
            return;
        if (default_place_) {
            complaints.at(json, "the default is already set at " + words(*default_place_) +
                                    "; one file alone may set it to something other than \"accept\"");
            return;
        }
        default_place_ = complaints.place(json);
        read_.specs.default_action = static_cast<Action>(*choice);
    }

    void add(RuleSpec rule, const LocatedJson& json, Complaints& complaints) {
        const auto [first, fresh] = places_.emplace(rule.label.id, rule.label.place);
        if (fresh) {
            read_.specs.rules.push_back(std::move(rule));
            return;
        }
        const LocatedJson* id = json.find("id");
        complaints.set_rule(rule.label.id);
        complaints.at(*id, "another rule has this id already, at " + words(first->second) +
                               "; ids are unique over all files");
        complaints.set_rule("");
    }

    ReadRules read_;
    std::unordered_map<std::string, Place> places_; ///< by id
    std::optional<Place> default_place_;
};

} // namespace

ReadRules read_rule_files(std::span<const std::filesystem::path> files) {
    FilesReader reader;
    for (const std::filesystem::path& file : files)
        reader.read_file(file);
    return reader.take();
}

ReadRules read_rules(std::string_view text, const std::string& file) {
    FilesReader reader;
    reader.read_text(text, file);
    return reader.take();
}

} // namespace nfsieve

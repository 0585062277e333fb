// SPDX-License-Identifier: GPL-2.0-or-later
#include "rule_reader.h"

#include "keys.h"
#include "match_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace nfsieve {
namespace {

using Type = LocatedJson::Type;

constexpr std::array<std::string_view, 4> action_names = {"accept", "drop", "reject", "alert"};
constexpr std::array<std::string_view, 3> direction_names = {"to_server", "to_client", "both"};
constexpr std::size_t max_id_characters = 200;
constexpr std::int64_t max_revision = std::numeric_limits<std::int32_t>::max();

bool valid_id(std::string_view id) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    const auto characters = static_cast<std::size_t>(std::count_if(id.begin(), id.end(), begins));
    return !id.empty() && characters <= max_id_characters && std::none_of(id.begin(), id.end(), control);
}

class RuleReader {
public:
    RuleReader(const LocatedJson& json, SetReader& sets, Complaints& complaints)
        : json_(json), sets_(sets), complaints_(complaints) {}

    std::optional<RuleSpec> read() {
        const std::size_t complaints_before = complaints_.count();
        if (!complaints_.expect(json_, Type::object, "a rule"))
            return std::nullopt;
        const bool named = read_id();
        if (named)
            complaints_.set_rule(rule_.label.id);
        (void)complaints_.expect_object(json_, "this rule", keys::rule);
        rule_.label.place = complaints_.place(json_);
        read_header();
        read_label();
        bool matches = true;
        if (const LocatedJson* match = json_.find("match")) {
            rule_.match = read_match(*match, complaints_);
            matches = rule_.match.has_value();
        }
        if (const LocatedJson* tests = json_.find("tests"))
            read_tests(*tests, json_.find("match") != nullptr);
        complaints_.set_rule("");
        rule_.broken = complaints_.count() != complaints_before;
        return named && matches ? std::optional(std::move(rule_)) : std::nullopt;
    }

private:
    bool read_id() {
        const LocatedJson* id = json_.find("id");
        if (id == nullptr) {
            complaints_.at(json_, "this rule has no \"id\"; give it one that no other rule has");
            return false;
        }
        if (!complaints_.expect(*id, Type::string, "\"id\""))
            return false;
        if (!valid_id(id->string)) {
            complaints_.at(*id, "an id has 1 to " + std::to_string(max_id_characters) +
                                    " characters and no control characters");
            return false;
        }
        rule_.label.id = id->string;
        rule_.label.signature_id = signature_id_of(id->string);
        return true;
    }

    void read_header() {
        if (const LocatedJson* action = json_.find("action")) {
            if (const auto choice = read_choice(*action, "\"action\"", action_names, complaints_))
                rule_.action = static_cast<Action>(*choice);
        } else {
            complaints_.at(json_, "this rule has no \"action\"; give it " + listing(action_names));
        }
        if (const LocatedJson* direction = json_.find("direction"))
            if (const auto choice = read_choice(*direction, "\"direction\"", direction_names, complaints_))
                rule_.direction = static_cast<RuleDirection>(*choice);
        if (const LocatedJson* from = json_.find("from"))
            read_endpoint(*from, "\"from\"", rule_.from);
        if (const LocatedJson* to = json_.find("to"))
            read_endpoint(*to, "\"to\"", rule_.to);
    }

    void read_endpoint(const LocatedJson& json, std::string_view what, Endpoint& endpoint) {
        if (!complaints_.expect_object(json, what, keys::endpoint))
            return;
        if (const LocatedJson* addresses = json.find("addresses"))
            if (auto set = sets_.addresses(*addresses))
                endpoint.addresses = std::move(*set);
        if (const LocatedJson* ports = json.find("ports"))
            if (auto set = sets_.ports(*ports))
                endpoint.ports = std::move(*set);
    }

    void read_label() {
        RuleLabel& label = rule_.label;
        label.signature = label.id;
        read_text("message", label.signature);
        read_text("category", label.category);
        read_text("comment", rule_.comment);
        label.severity = read_number("severity", 1, 4, label.severity);
        label.revision = read_number("revision", 1, max_revision, label.revision);
        if (const LocatedJson* log = json_.find("log"))
            if (complaints_.expect(*log, Type::boolean, "\"log\""))
                rule_.log = log->boolean;
    }

    void read_text(std::string_view key, std::string& text) {
        const LocatedJson* value = json_.find(key);
        if (value != nullptr && complaints_.expect(*value, Type::string, "\"" + std::string(key) + "\""))
            text = value->string;
    }

    std::uint32_t read_number(std::string_view key, std::int64_t least, std::int64_t most,
                              std::uint32_t otherwise) {
        const LocatedJson* value = json_.find(key);
        const std::string name = "\"" + std::string(key) + "\"";
        if (value == nullptr || !complaints_.expect(*value, Type::integer, name))
            return otherwise;
        if (value->integer >= least && value->integer <= most)
            return static_cast<std::uint32_t>(value->integer);
        complaints_.at(*value,
                       name + " must be from " + std::to_string(least) + " to " + std::to_string(most));
        return otherwise;
    }

    void read_tests(const LocatedJson& tests, bool has_match) {
        if (!complaints_.expect_object(tests, "\"tests\"", keys::tests))
            return;
        if (!has_match)
            complaints_.at(tests, "a rule without \"match\" looks at no payload, so it can have no tests");
        read_payloads(tests, "match", rule_.tests_match);
        read_payloads(tests, "pass", rule_.tests_pass);
    }

    void read_payloads(const LocatedJson& tests, std::string_view key, std::vector<std::string>& out) {
        const LocatedJson* list = tests.find(key);
        if (list == nullptr || !complaints_.expect(*list, Type::array, "\"" + std::string(key) + "\""))
            return;
        for (const LocatedJson& item : list->items)
            if (auto bytes = read_bytes(item, "a test's payload", complaints_))
                out.push_back(std::move(*bytes));
    }

    const LocatedJson& json_;
    SetReader& sets_;
    Complaints& complaints_;
    RuleSpec rule_;
};

} // namespace

std::uint32_t signature_id_of(std::string_view id) {
    constexpr std::uint32_t most = 0x7fffffff;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (error == std::errc{} && end == id.data() + id.size() && number <= most && id.front() != '0')
        return number;
    std::uint32_t hash = 2166136261; // FNV-1a
    for (const char c : id)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    hash &= most;
    return hash == 0 ? 1 : hash;
}

std::optional<std::size_t> read_choice(const LocatedJson& json, std::string_view what,
                                       std::span<const std::string_view> names, Complaints& complaints) {
    if (!complaints.expect(json, Type::string, what))
        return std::nullopt;
    const auto found = std::find(names.begin(), names.end(), json.string);
    if (found != names.end())
        return static_cast<std::size_t>(found - names.begin());
    complaints.at(json, std::string(what) + " must be " + listing(names) + ", but this is " +
                            in_quotes(json.string));
    return std::nullopt;
}

std::optional<RuleSpec> read_rule(const LocatedJson& json, SetReader& sets, Complaints& complaints) {
    return RuleReader(json, sets, complaints).read();
}

} // namespace nfsieve

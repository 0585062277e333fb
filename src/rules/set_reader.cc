// SPDX-License-Identifier: GPL-2.0-or-later
#include "set_reader.h"

#include "address_algebra.h"
#include "port_algebra.h"

#include <algorithm>
#include <charconv>

namespace nfsieve {
namespace {

using Type = LocatedJson::Type;

constexpr std::size_t max_blocks = 65536;
constexpr unsigned max_references = 64;
constexpr const char* port_words = "write ports as 80, \"8000-8100\", \"@name\" or \"!22\"";
constexpr const char* address_words = "write \"10.0.0.0/8\", \"fd00::/8\", \"@name\" or \"!10.1.2.3\"";

/// "80" or "8000-8100".
std::optional<PortRange> parse_range(std::string_view text) {
    const auto number = [](std::string_view digits) -> std::optional<std::uint16_t> {
        std::uint16_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size())
            return std::nullopt;
        return value;
    };
    const auto dash = text.find('-');
    const auto first = number(text.substr(0, dash));
    const auto last = dash == text.npos ? first : number(text.substr(dash + 1));
    if (!first || !last)
        return std::nullopt;
    return PortRange{*first, *last};
}

bool looks_like_port(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789-") == text.npos;
}

/// Takes a leading '!' away.
bool take_negation(std::string_view& text) {
    const bool negated = !text.empty() && text.front() == '!';
    text.remove_prefix(negated ? 1 : 0);
    return negated;
}

/// A list's items, or the one value that stands in its place.
std::span<const LocatedJson> entries(const LocatedJson& json) {
    return json.type == Type::array ? std::span(json.items) : std::span(&json, 1);
}

bool valid_name(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.empty() && letter(name.front()) && std::all_of(name.begin(), name.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
    });
}

} // namespace

std::vector<std::string_view> SetReader::names() const {
    std::vector<std::string_view> all;
    for (const auto& [name, set] : sets_)
        all.push_back(name);
    return all;
}

void SetReader::read_sets(const LocatedJson& sets) {
    if (!complaints_.expect(sets, Type::object, "\"sets\""))
        return;
    for (const LocatedJson::Member& member : sets.members) {
        if (!valid_name(member.key)) {
            complaints_.at({complaints_.file(), member.line, member.column},
                           in_quotes(member.key) +
                               " is no name for a set; begin with a letter or \"_\" and use letters, digits, "
                               "\"_\", \"-\" and \".\"");
            continue;
        }
        sets_[member.key].json = &member.value;
    }
    for (auto& [name, set] : sets_)
        resolve(name, set);
}

SetReader::Kind SetReader::kind_of(const LocatedJson& json, unsigned depth) {
    Kind referred = Kind::unknown;
    for (const LocatedJson& entry : entries(json)) {
        if (entry.type == Type::integer)
            return Kind::ports;
        if (entry.type != Type::string)
            continue;
        std::string_view text = entry.string;
        take_negation(text);
        if (text.empty() || text.front() != '@')
            return looks_like_port(text) ? Kind::ports : Kind::addresses;
        const auto set = sets_.find(text.substr(1));
        if (referred == Kind::unknown && set != sets_.end() && depth < max_references)
            referred =
                set->second.state == State::good ? set->second.kind : kind_of(*set->second.json, depth + 1);
        if (referred == Kind::unknown && depth > 0)
            break; // enough: the complaint about the reference stands elsewhere
    }
    return referred;
}

void SetReader::resolve(const std::string& name, Named& set) {
    if (set.state == State::good || set.state == State::bad)
        return;
    if (set.state == State::open) {
        complaints_.at(*set.json, "the set \"" + name + "\" refers to itself; break the circle");
        set.state = State::bad;
        return;
    }
    if (open_ == max_references) {
        complaints_.at(*set.json, "sets refer to each other more than " + std::to_string(max_references) +
                                      " levels deep; name the entries themselves");
        set.state = State::bad;
        return;
    }
    ++open_;
    set.state = State::open;
    set.kind = kind_of(*set.json, 0);
    bool good = false;
    if (set.kind == Kind::ports) {
        if (auto read = ports(*set.json)) {
            set.ports = std::move(*read);
            good = true;
        }
    } else if (auto read = addresses(*set.json)) {
        set.addresses = std::move(*read);
        good = true;
    }
    --open_;
    set.state = good && set.state == State::open ? State::good : State::bad;
}

const SetReader::Named* SetReader::named(const LocatedJson& user, const std::string& name, Kind wanted) {
    const auto found = sets_.find(name);
    if (found == sets_.end()) {
        const auto known = names();
        const std::string_view meant = nearest(name, known);
        complaints_.at(user, "there is no set " + in_quotes("@" + name) +
                                 (meant.empty() ? "; define it under \"sets\" in this file"
                                                : "; did you mean \"@" + std::string(meant) + "\"?"));
        return nullptr;
    }
    Named& set = found->second;
    resolve(name, set);
    if (set.state != State::good)
        return nullptr;
    if (set.kind != wanted) {
        complaints_.at(user, wanted == Kind::ports
                                 ? "the set \"@" + name + "\" holds addresses; ports are expected here"
                                 : "the set \"@" + name + "\" holds ports; addresses are expected here");
        return nullptr;
    }
    return &set;
}

std::optional<PortSet> SetReader::ports(const LocatedJson& json) {
    std::vector<PortRange> included, excluded;
    bool good = true;
    const auto refuse = [&](const LocatedJson& at, std::string message) {
        complaints_.at(at, std::move(message));
        good = false;
    };
    for (const LocatedJson& entry : entries(json)) {
        if (entry.type == Type::integer) {
            if (entry.integer < 0 || entry.integer > 65535)
                refuse(entry, std::to_string(entry.integer) + " is no port; ports are 0 to 65535");
            else
                included.push_back(
                    {static_cast<std::uint16_t>(entry.integer), static_cast<std::uint16_t>(entry.integer)});
            continue;
        }
        if (entry.type != Type::string) {
            refuse(entry, std::string("a port must be an integer or a string, but this is ") +
                              type_name(entry.type) + "; " + port_words);
            continue;
        }
        std::string_view text = entry.string;
        const bool negated = take_negation(text);
        std::vector<PortRange>& target = negated ? excluded : included;
        if (!text.empty() && text.front() == '@') {
            const Named* set = named(entry, std::string(text.substr(1)), Kind::ports);
            if (set == nullptr)
                good = false;
            else
                for (const PortRange& range : ranges_of(set->ports))
                    target.push_back(range);
            continue;
        }
        const auto range = parse_range(text);
        if (!range)
            refuse(entry, in_quotes(entry.string) + " is no port or range of ports; " + port_words);
        else if (range->first > range->last)
            refuse(entry, in_quotes(entry.string) + " runs backwards; write \"" +
                              std::to_string(range->last) + "-" + std::to_string(range->first) + "\"");
        else
            target.push_back(*range);
    }
    if (entries(json).empty())
        refuse(json, "an empty list of ports matches nothing; name a port or leave the key out for any");
    if (!good)
        return std::nullopt;
    auto result = ports_left(std::move(included), excluded);
    if (!result)
        complaints_.at(json, "no port is left once the negated ones are taken away");
    return result;
}

std::optional<AddressSet> SetReader::addresses(const LocatedJson& json) {
    std::vector<AddressSet> included, excluded;
    bool good = true;
    const auto refuse = [&](const LocatedJson& at, std::string message) {
        complaints_.at(at, std::move(message));
        good = false;
    };
    for (const LocatedJson& entry : entries(json)) {
        if (entry.type != Type::string) {
            refuse(entry, std::string("an address must be a string, but this is ") + type_name(entry.type) +
                              "; " + address_words);
            continue;
        }
        std::string_view text = entry.string;
        auto& target = take_negation(text) ? excluded : included;
        if (!text.empty() && text.front() == '@') {
            const Named* set = named(entry, std::string(text.substr(1)), Kind::addresses);
            if (set == nullptr)
                good = false;
            else
                target.push_back(set->addresses);
        } else if (text.find_first_not_of("0123456789abcdefABCDEF.:/") != text.npos) {
            refuse(entry, in_quotes(entry.string) + " is not an address; " + address_words);
        } else if (const auto prefix = parse_prefix(text)) {
            target.push_back(addresses_of(*prefix, text.find(':') != text.npos));
        } else {
            refuse(entry, prefix.error().message);
        }
    }
    if (entries(json).empty())
        refuse(json, "an empty list of addresses matches nothing; name one or leave the key out for any");
    if (!good)
        return std::nullopt;

    AddressSet result = addresses_left(std::move(included), excluded);
    if (result.include.size() + result.exclude.size() > max_blocks) {
        complaints_.at(json, "more than " + std::to_string(max_blocks) +
                                 " address blocks; use larger blocks or fewer exceptions");
        return std::nullopt;
    }
    if (!result.exclude.empty() && without_exceptions(result).empty()) {
        complaints_.at(json, "no address is left once the negated ones are taken away");
        return std::nullopt;
    }
    return result;
}

} // namespace nfsieve

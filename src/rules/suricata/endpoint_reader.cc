// SPDX-License-Identifier: GPL-2.0-or-later
#include "endpoint_reader.h"

#include "address_algebra.h"
#include "nfsieve/base/wording.h"
#include "port_algebra.h"
#include "rule_text.h"

#include <charconv>
#include <optional>
#include <vector>

namespace nfsieve::suricata {
namespace {

/// Lists in lists and variables in variables; a variable that names itself ends here too.
constexpr unsigned max_depth = 64;
constexpr std::size_t max_blocks = 65536;

Error too_deep(std::string_view list) {
    return {in_quotes(list) + " is nested more than " + std::to_string(max_depth) +
            " levels deep; does a variable refer to itself?"};
}

const char* hint(std::string_view list) {
    return list.find('$') == std::string_view::npos
               ? ""
               : "; give the variable a value other than any in the configuration";
}

using Variables = std::map<std::string, std::string>;

Result<std::string_view> value_of(std::string_view name, const Variables& variables, const char* key,
                                  const Variables& others, const char* what) {
    const auto found = variables.find(std::string(name));
    if (found != variables.end())
        return std::string_view(found->second);
    const std::string shown = "$" + std::string(name);
    if (others.contains(std::string(name)))
        return Error{"the variable " + in_quotes(shown) + " does not hold " + what};
    std::vector<std::string_view> names;
    names.reserve(variables.size());
    for (const auto& [known, value] : variables)
        names.push_back(known);
    const std::string_view meant = nearest(name, names);
    return Error{"the variable " + in_quotes(shown) + " is not defined; " +
                 (meant.empty() ? "" : "did you mean \"$" + std::string(meant) + "\"? Else ") +
                 "add the key \"suricata." + key + "." + std::string(name) + "\" to the configuration"};
}

/// An address, a block with a length or a netmask, or "A-B".
Result<AddressSet> parse_addresses(std::string_view text) {
    const auto address = [](std::string_view word) { return parse_prefix(trimmed(word)); };
    if (const auto dash = text.find('-'); dash != std::string_view::npos) {
        const auto first = address(text.substr(0, dash)), last = address(text.substr(dash + 1));
        if (!first || !last || first->length != 128 || last->length != 128 ||
            first->address.is_v4() != last->address.is_v4())
            return Error{in_quotes(text) + " is no range of addresses; write 10.0.0.1-10.0.0.9"};
        AddressSet set;
        set.include = blocks_between(first->address, last->address);
        if (set.include.empty())
            return Error{in_quotes(text) + " runs backwards; put the smaller address first"};
        return set;
    }
    const auto slash = text.find('/');
    const auto host = address(text.substr(0, slash));
    const auto bad = Error{in_quotes(text) + " is no address; write 10.0.0.0/8, fd00::/8 or $VARIABLE"};
    if (!host)
        return bad;
    const bool v4 = host->address.is_v4() && text.find(':') == std::string_view::npos;
    const unsigned bits = v4 ? 32 : 128;
    unsigned length = bits;
    if (slash != std::string_view::npos) {
        const std::string_view behind = trimmed(text.substr(slash + 1));
        const auto [end, error] = std::from_chars(behind.data(), behind.data() + behind.size(), length);
        if (error != std::errc{} || end != behind.data() + behind.size() || length > bits) {
            // A netmask is as long as the run of ones that it begins with, and has no other ones.
            const auto mask = v4 ? address(behind) : Result<Prefix>(bad);
            if (!mask)
                return bad;
            length = 0;
            const auto& bytes = mask->address.bytes;
            const auto bit = [&](unsigned i) { return (bytes[12 + i / 8] & (0x80U >> (i % 8))) != 0; };
            while (length < 32 && bit(length))
                ++length;
            for (unsigned i = length; i < 32; ++i)
                if (bit(i))
                    return bad;
        }
    }
    return addresses_of(block_of(host->address, 128 - bits + length), !v4);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

} // namespace

Result<std::vector<EndpointReader::Entry>> EndpointReader::entries(std::string_view list) {
    std::vector<Entry> found;
    const auto add = [&](std::string_view text) {
        text = trimmed(text);
        const bool negated = text.starts_with('!');
        if (negated)
            text = trimmed(text.substr(1));
        if (!text.empty())
            found.push_back({negated, text});
        return !text.empty();
    };
    const std::string_view inner = trimmed(list);
    if (!inner.starts_with('[')) {
        if (!add(inner))
            return Error{"something is missing here; write any, a value or a list in brackets"};
        return found;
    }
    if (!inner.ends_with(']'))
        return Error{in_quotes(list) + " has no ']' at its end"};
    const std::string_view body = inner.substr(1, inner.size() - 2);
    std::size_t depth = 0, from = 0;
    for (std::size_t i = 0; i <= body.size(); ++i) {
        if (i < body.size()) {
            depth += body[i] == '[' ? 1U : 0U;
            if (body[i] == ']' && depth-- == 0)
                return Error{in_quotes(list) + " has a ']' without a '['"};
        }
        if (i == body.size() || (body[i] == ',' && depth == 0)) {
            if (!add(body.substr(from, i - from)))
                return Error{in_quotes(list) + " has an empty entry; take the comma away or name something"};
            from = i + 1;
        }
    }
    if (depth != 0)
        return Error{in_quotes(list) + " has a '[' without a ']'"};
    return found;
}

Result<AddressSet> EndpointReader::one_address(std::string_view text, unsigned depth) {
    if (text == "any")
        return AddressSet{};
    if (text.starts_with('[') || text.starts_with('!'))
        return read_addresses(text, depth + 1);
    if (!text.starts_with('$'))
        return parse_addresses(text);
    const auto value = value_of(text.substr(1), options_.address_variables, "address_variables",
                                options_.port_variables, "addresses but ports");
    if (!value)
        return value.error();
    auto read = read_addresses(*value, depth + 1);
    return read ? std::move(read)
                : Result<AddressSet>(Error{std::string(text) + ": " + read.error().message});
}

Result<AddressSet> EndpointReader::read_addresses(std::string_view list, unsigned depth) {
    if (depth > max_depth)
        return too_deep(list);
    const auto found = entries(list);
    if (!found)
        return found.error();
    std::vector<AddressSet> included, excluded;
    for (const Entry& entry : *found) {
        auto set = one_address(entry.text, depth);
        if (!set)
            return set;
        (entry.negated ? excluded : included).push_back(std::move(*set));
    }
    AddressSet result = addresses_left(std::move(included), excluded);
    if (result.include.size() + result.exclude.size() > max_blocks)
        return Error{"more than " + std::to_string(max_blocks) + " address blocks; use larger blocks"};
    if (!result.exclude.empty() && without_exceptions(result).empty())
        return Error{in_quotes(list) + " leaves no address once the negated ones are taken away" +
                     hint(list)};
    return result;
}

Result<PortSet> EndpointReader::one_port(std::string_view text, unsigned depth) {
    if (text == "any")
        return PortSet{};
    if (text.starts_with('[') || text.starts_with('!'))
        return read_ports(text, depth + 1);
    if (text.starts_with('$')) {
        const auto value = value_of(text.substr(1), options_.port_variables, "port_variables",
                                    options_.address_variables, "ports but addresses");
        if (!value)
            return value.error();
        auto read = read_ports(*value, depth + 1);
        return read ? std::move(read)
                    : Result<PortSet>(Error{std::string(text) + ": " + read.error().message});
    }
    const auto colon = text.find(':');
    const std::string_view low = trimmed(text.substr(0, colon));
    const std::string_view high = colon == std::string_view::npos ? low : trimmed(text.substr(colon + 1));
    const auto first = low.empty() && colon != std::string_view::npos ? std::uint16_t{0} : parse_port(low);
    const auto last =
        high.empty() && colon != std::string_view::npos ? std::uint16_t{65535} : parse_port(high);
    if (!first || !last || (low.empty() && high.empty()))
        return Error{in_quotes(text) + " is no port; write 80, 8000:8100, 1024: or $VARIABLE"};
    if (*first > *last)
        return Error{in_quotes(text) + " runs backwards; put the smaller port first"};
    return PortSet{{PortRange{*first, *last}}};
}

Result<PortSet> EndpointReader::read_ports(std::string_view list, unsigned depth) {
    if (depth > max_depth)
        return too_deep(list);
    const auto found = entries(list);
    if (!found)
        return found.error();
    std::vector<PortRange> included, excluded;
    for (const Entry& entry : *found) {
        const auto set = one_port(entry.text, depth);
        if (!set)
            return set.error();
        std::vector<PortRange>& target = entry.negated ? excluded : included;
        const std::vector<PortRange> ranges = ranges_of(*set);
        target.insert(target.end(), ranges.begin(), ranges.end());
    }
    auto left = ports_left(std::move(included), excluded);
    if (!left)
        return Error{in_quotes(list) + " leaves no port once the negated ones are taken away" + hint(list)};
    return std::move(*left);
}

const Result<AddressSet>& EndpointReader::addresses(std::string_view list) {
    const auto found = addresses_.find(list);
    if (found != addresses_.end())
        return found->second;
    return addresses_.emplace(std::string(list), read_addresses(list, 0)).first->second;
}

const Result<PortSet>& EndpointReader::ports(std::string_view list) {
    const auto found = ports_.find(list);
    if (found != ports_.end())
        return found->second;
    return ports_.emplace(std::string(list), read_ports(list, 0)).first->second;
}

} // namespace nfsieve::suricata

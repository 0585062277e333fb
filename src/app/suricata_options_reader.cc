// SPDX-License-Identifier: GPL-2.0-or-later
#include "suricata_options_reader.h"

#include <array>
#include <limits>

namespace nfsieve {
namespace {

/// Names without "$" and what they stand for, as text, number or list of both.
void read_variables(const LocatedJson& value, ConfigValues& values,
                    std::map<std::string, std::string>& into) {
    if (value.type != LocatedJson::Type::object) {
        values.complain(value, "an object is wanted, such as {\"HOME_NET\": \"[10.0.0.0/8]\"}");
        return;
    }
    const auto text_of = [&](const LocatedJson& item) {
        if (item.type == LocatedJson::Type::integer)
            return std::to_string(item.integer);
        return values.string(item, "addresses or ports").value_or("");
    };
    for (const LocatedJson::Member& member : value.members) {
        std::string text;
        if (member.value.type == LocatedJson::Type::array) {
            for (const LocatedJson& item : member.value.items)
                text += (text.empty() ? "[" : ",") + text_of(item);
            text += text.empty() ? "" : "]";
        } else {
            text = text_of(member.value);
        }
        const std::string name = member.key.starts_with("$") ? member.key.substr(1) : member.key;
        into[name] = std::move(text);
    }
}

void read_strings(const LocatedJson& value, ConfigValues& values, const char* what,
                  std::vector<std::string>& into) {
    values.list(value, what, [&](const LocatedJson& item) {
        if (auto text = values.string(item, what))
            into.push_back(*std::move(text));
    });
}

void read_drop(const LocatedJson& value, ConfigValues& values, DropSelection& drop) {
    const std::array fields{
        ConfigField{"sid",
                    [&](const LocatedJson& sids) {
                        values.list(sids, "sids", [&](const LocatedJson& item) {
                            if (const auto sid =
                                    values.integer(item, 1, std::numeric_limits<std::uint32_t>::max()))
                                drop.sids.push_back(static_cast<std::uint32_t>(*sid));
                        });
                    }},
        ConfigField{
            "classtype",
            [&](const LocatedJson& names) { read_strings(names, values, "classtypes", drop.classtypes); }},
        ConfigField{"file",
                    [&](const LocatedJson& names) { read_strings(names, values, "file names", drop.files); }},
        ConfigField{"metadata",
                    [&](const LocatedJson& pairs) {
                        if (pairs.type != LocatedJson::Type::object) {
                            values.complain(pairs, "an object is wanted, such as {\"signature_severity\": "
                                                   "[\"Critical\", \"Major\"]}");
                            return;
                        }
                        for (const LocatedJson::Member& member : pairs.members) {
                            std::vector<std::string> words;
                            if (member.value.type == LocatedJson::Type::array)
                                read_strings(member.value, values, "values", words);
                            else if (auto word = values.string(member.value, "a value"))
                                words.push_back(*std::move(word));
                            for (std::string& word : words)
                                drop.metadata.emplace_back(member.key, std::move(word));
                        }
                    }},
    };
    values.object(value, fields);
}

} // namespace

void read_suricata_options(const LocatedJson& value, ConfigValues& values, SuricataOptions& options) {
    const std::array fields{
        ConfigField{
            "address_variables",
            [&](const LocatedJson& groups) { read_variables(groups, values, options.address_variables); }},
        ConfigField{
            "port_variables",
            [&](const LocatedJson& groups) { read_variables(groups, values, options.port_variables); }},
        ConfigField{"drop", [&](const LocatedJson& drop) { read_drop(drop, values, options.drop); }},
        ConfigField{"encrypted",
                    [&](const LocatedJson& word) {
                        static constexpr std::array<std::string_view, 2> words{"skip", "inspect"};
                        if (const auto at = values.choice(word, "way", words))
                            options.inspect_encrypted = *at == 1;
                    }},
    };
    values.object(value, fields);
}

} // namespace nfsieve

// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/suricata_reader.h"

#include "draft.h"
#include "drop_selection.h"
#include "endpoint_reader.h"
#include "header.h"
#include "keyword_table.h"
#include "nfsieve/base/wording.h"
#include "rule_text.h"

#include <algorithm>
#include <functional>

namespace nfsieve {
namespace suricata {
namespace {

/// Reads the rules of one file, one after the other.
class FileReader {
public:
    FileReader(const std::string& file, const SuricataOptions& options)
        : file_(file), endpoints_(options), drops_(options.drop, file) {}

    ReadSignatures read(std::string_view text) {
        RuleLines lines(text);
        RuleText rule;
        while (lines.next(rule))
            read_rule(rule);
        result_.disabled = lines.disabled();
        return std::move(result_);
    }

private:
    void read_rule(const RuleText& text) {
        const std::size_t first_error = result_.errors.size();
        Draft draft(text, file_, result_.errors);
        std::vector<Flaw> flaws;
        const auto words = split_rule(text.text(), flaws);
        const ProtocolWord protocol = words ? protocol_of(words->protocol.text) : ProtocolWord{};
        if (protocol.kind == ProtocolWord::Kind::out_of_scope && is_action(words->action.text)) {
            ++result_.out_of_scope[std::string(words->protocol.text)];
            return;
        }
        std::vector<Option> options;
        if (words) {
            options = split_options(words->options.text, words->options.at, flaws);
            draft.id = sid_of(options);
            if (protocol.kind == ProtocolWord::Kind::ip && !about_streams(options)) {
                ++result_.out_of_scope[std::string(words->protocol.text)];
                return;
            }
        }
        for (const Flaw& flaw : flaws)
            draft.complain_at(flaw.at, flaw.message);
        if (words) {
            draft.spec.protocol = protocol.protocol;
            read_header(*words, protocol, draft);
            draft.spec.label.revision = 0; // what Suricata reports where there is no rev
            for (const Option& option : options)
                read_option(option, draft);
            draft.finish();
        }
        finish(draft, text, first_error);
    }

    void finish(Draft& draft, const RuleText& text, std::size_t first_error) {
        if (!draft.set_aside.empty()) {
            // A rule that is none of ours has no mistakes that would matter here.
            result_.errors.resize(first_error);
            ++result_.out_of_scope[draft.set_aside];
            return;
        }
        std::stable_sort(result_.errors.begin() + static_cast<std::ptrdiff_t>(first_error),
                         result_.errors.end(), [](const RuleError& a, const RuleError& b) {
                             return std::pair(a.place.line, a.place.column) <
                                    std::pair(b.place.line, b.place.column);
                         });
        if (draft.failed())
            return;
        draft.spec.label.place = text.place(file_, 0);
        // The action may change: what the rule matches is what stands behind it.
        const std::size_t behind_action = text.text().find_first_of(" \t");
        draft.spec.fingerprint = std::hash<std::string_view>()(text.text().substr(behind_action));
        if (drops_.chooses(draft.spec)) {
            draft.spec.action = Action::drop;
            ++result_.turned_to_drop;
        }
        result_.packet_bound += draft.spec.packet_bound ? 1 : 0;
        result_.signatures.push_back(std::move(draft.spec));
    }

    static std::string sid_of(const std::vector<Option>& options) {
        for (const Option& option : options)
            if (option.keyword == "sid" && option.value.size() < 20 &&
                option.value.find_first_not_of("0123456789") == std::string_view::npos)
                return std::string(option.value);
        return {};
    }

    /// An "ip" rule is about TCP streams too where it asks for anything that a stream has.
    static bool about_streams(const std::vector<Option>& options) {
        return std::any_of(options.begin(), options.end(), [](const Option& option) {
            constexpr std::string_view words[] = {
                "content",   "pcre",      "flow",     "flags",  "uricontent",  "byte_test",   "dsize",
                "tcp.flags", "byte_jump", "isdataat", "urilen", "tls.version", "ssl_version", "tls.subject"};
            const Keyword* keyword = find_keyword(option.keyword);
            return std::find(std::begin(words), std::end(words), option.keyword) != std::end(words) ||
                   (keyword != nullptr && keyword->buffer != Buffer::payload);
        });
    }

    void read_header(const HeaderWords& words, const ProtocolWord& protocol, Draft& draft) {
        SignatureSpec& spec = draft.spec;
        if (!read_action(words.action.text, spec))
            draft.complain_at(words.action.at,
                              "the action " + in_quotes(words.action.text) +
                                  " is not known; there are alert, drop, pass, reject, rejectsrc, rejectdst "
                                  "and rejectboth");
        if (protocol.kind == ProtocolWord::Kind::unknown)
            draft.complain_at(words.protocol.at, unknown_protocol(words.protocol.text));
        if (words.direction.text == "<>")
            spec.both_ways = true;
        else if (words.direction.text != "->")
            draft.complain_at(words.direction.at,
                              in_quotes(words.direction.text) + " is no direction; write -> or <>");
        read_end(words.source, words.source_ports, draft, spec.source);
        read_end(words.destination, words.destination_ports, draft, spec.destination);
    }

    void read_end(const Piece& addresses, const Piece& ports, Draft& draft, Endpoint& end) {
        if (const auto& read = endpoints_.addresses(addresses.text))
            end.addresses = *read;
        else
            draft.complain_at(addresses.at, read.error().message);
        if (const auto& read = endpoints_.ports(ports.text))
            end.ports = *read;
        else
            draft.complain_at(ports.at, read.error().message);
    }

    static void read_option(const Option& option, Draft& draft) {
        const Keyword* keyword = find_keyword(option.keyword);
        if (keyword == nullptr) {
            draft.complain_at(option.at, unknown_keyword(option.keyword));
            return;
        }
        switch (keyword->info.status) {
        case KeywordInfo::Status::out_of_scope:
            draft.set_aside = std::string(keyword->info.note);
            return;
        case KeywordInfo::Status::refused:
            draft.complain_at(option.at, "the keyword " + in_quotes(option.keyword) +
                                             " is not supported: " + std::string(keyword->info.note));
            draft.unclear = true;
            return;
        case KeywordInfo::Status::honoured:
        case KeywordInfo::Status::accepted:
            break;
        }
        if (keyword->takes == Takes::nothing && option.has_value && !option.value.empty())
            draft.complain(option, "takes no value");
        else if (keyword->takes == Takes::value && option.value.empty())
            draft.complain(option, "needs a value behind a colon");
        else
            keyword->handler(draft, option, *keyword);
    }

    const std::string& file_;
    EndpointReader endpoints_;
    DropChoice drops_;
    ReadSignatures result_;
};

} // namespace
} // namespace suricata

ReadSignatures read_signatures(std::string_view text, const std::string& file,
                               const SuricataOptions& options) {
    return suricata::FileReader(file, options).read(text);
}

SuricataOptions default_suricata_options() {
    SuricataOptions options;
    options.address_variables = {
        {"HOME_NET", "any"}, {"EXTERNAL_NET", "any"}, {"AIM_SERVERS", "$EXTERNAL_NET"}};
    for (const char* name :
         {"HTTP_SERVERS", "SMTP_SERVERS", "SQL_SERVERS", "DNS_SERVERS", "TELNET_SERVERS", "DC_SERVERS",
          "DNP3_SERVER", "DNP3_CLIENT", "MODBUS_CLIENT", "MODBUS_SERVER", "ENIP_CLIENT", "ENIP_SERVER"})
        options.address_variables[name] = "$HOME_NET";
    options.port_variables = {
        {"HTTP_PORTS", "80"},     {"SHELLCODE_PORTS", "!80"},
        {"ORACLE_PORTS", "1521"}, {"SSH_PORTS", "22"},
        {"DNP3_PORTS", "20000"},  {"MODBUS_PORTS", "502"},
        {"FTP_PORTS", "21"},      {"FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]"},
        {"GENEVE_PORTS", "6081"}, {"VXLAN_PORTS", "4789"},
        {"TEREDO_PORTS", "3544"},
    };
    return options;
}

} // namespace nfsieve

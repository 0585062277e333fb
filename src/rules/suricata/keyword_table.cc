// SPDX-License-Identifier: GPL-2.0-or-later
#include "keyword_table.h"

#include "nfsieve/base/wording.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace nfsieve::suricata {
namespace {

using Status = KeywordInfo::Status;

constexpr Keyword does(std::string_view name, Takes takes, Handler handler, std::string_view note = {}) {
    return {{name, Status::honoured, note}, takes, handler, Buffer::payload};
}
constexpr Keyword sticky(std::string_view name, Buffer buffer, std::string_view note = {}) {
    return {{name, Status::honoured, note}, Takes::nothing, read_sticky, buffer};
}
constexpr Keyword modifier(std::string_view name, Buffer buffer) {
    return {{name, Status::honoured, "moves the content in front of it"},
            Takes::nothing,
            read_buffer_modifier,
            buffer};
}
constexpr Keyword tls_text(std::string_view name, Buffer buffer) {
    return {{name, Status::honoured, "of the server's certificate"}, Takes::value, read_tls_text, buffer};
}
constexpr Keyword transform(std::string_view name) {
    return does(name, Takes::nothing, read_transform);
}
constexpr Keyword ignored(std::string_view name, std::string_view why) {
    return {{name, Status::accepted, why}, Takes::either, accept, Buffer::payload};
}
constexpr Keyword refused(std::string_view name, std::string_view why) {
    return {{name, Status::refused, why}, Takes::either, nullptr, Buffer::payload};
}
constexpr Keyword of(std::string_view protocol, std::string_view name) {
    return {{name, Status::out_of_scope, protocol}, Takes::either, nullptr, Buffer::payload};
}

constexpr Takes nothing = Takes::nothing, value = Takes::value, either = Takes::either;
constexpr std::string_view no_script = "there is no script engine; express it with content and pcre";
constexpr std::string_view no_list = "there are no lists loaded from files; use a JSON rule's sets";
constexpr std::string_view no_file = "files are not told apart here; file.data has their bytes";
constexpr std::string_view no_http2 = "HTTP/2 is not parsed";
constexpr std::string_view no_dcerpc = "DCERPC is not parsed; its bytes are in the payload";
constexpr std::string_view no_dates = "certificates' dates are not looked at; tls.certs has their bytes";
constexpr std::string_view no_ip_header = "write ipv4.hdr or ipv6.hdr and the bytes that are meant";
constexpr std::string_view no_account = "packets, bytes and age of a flow are not looked at; stream_size is";
constexpr std::string_view no_checksum = "rules do not look at checksums";
constexpr std::string_view no_variable = "there are no text variables; use flowbits";
constexpr std::string_view one_buffer =
    "without dce; its variable holds within one buffer, or from one header of the packet to the next";
constexpr std::string_view newer = "belongs to Suricata 8";

constexpr Keyword table[] = {
    // The rule.
    does("msg", value, read_msg),
    does("sid", value, read_sid),
    does("rev", value, read_rev),
    ignored("gid", "rules are told apart by sid alone"),
    does("priority", value, read_priority),
    does("classtype", value, read_classtype),
    does("reference", value, read_reference),
    does("metadata", value, read_metadata),
    does("noalert", nothing, read_noalert),
    does("alert", nothing, read_alert, "an event for a pass rule"),
    does("requires", value, read_requires, "as Suricata 7.0.10 without features"),
    ignored("target", "marks an end in Suricata's own output"),
    ignored("tag", "logs later packets, which nfsieve never does"),
    ignored("prefilter", "the engine chooses its own trigger"),
    ignored("filestore", "no file is stored; the rule matches all the same"),
    ignored("tls.store", "no certificate is stored; the rule matches all the same"),
    refused("bypass", "inspection ends by a pass rule here"),
    refused("config", "settings belong into the configuration file"),
    refused("nfq_set_mark", "nfsieve keeps its own state in the packet mark"),
    refused("replace", "packets are never changed"),
    // The payload, and every buffer.
    does("content", value, read_content),
    does("nocase", nothing, read_nocase),
    does("offset", value, read_offset),
    does("depth", value, read_depth),
    does("distance", value, read_distance),
    does("within", value, read_within),
    does("startswith", nothing, read_startswith),
    does("endswith", nothing, read_endswith),
    does("fast_pattern", either, read_fast_pattern),
    ignored("rawbytes", "a TCP payload is always raw"),
    does("pcre", value, read_pcre, "captures into variables have no effect"),
    does("isdataat", value, read_isdataat),
    does("bsize", value, read_bsize),
    does("dsize", value, read_dsize, "of each packet as it was received"),
    does("byte_test", value, read_byte_test, "without dce"),
    does("byte_jump", value, read_byte_jump, "without dce"),
    does("byte_extract", value, read_byte_extract, one_buffer),
    does("byte_math", value, read_byte_math, one_buffer),
    does("base64_decode", either, read_base64_decode),
    does("base64_data", nothing, read_base64_data),
    does("pkt_data", nothing, read_pkt_data),
    refused("absent", newer),
    refused("entropy", newer),
    refused("rpc", "ONC RPC is not parsed; its bytes are in the payload"),
    refused("asn1", "ASN.1 is not decoded; use content and byte_test"),
    refused("ftpbounce", "FTP is not parsed; use content and pcre"),
    refused("lua", no_script),
    refused("luajit", no_script),
    refused("luaxform", no_script),
    refused("frame", "frames are not told apart; the payload has their bytes"),
    // Transforms.
    transform("dotprefix"),
    transform("to_lowercase"),
    transform("to_uppercase"),
    transform("strip_whitespace"),
    transform("compress_whitespace"),
    transform("strip_pseudo_headers"),
    transform("header_lowercase"),
    transform("url_decode"),
    does("from_base64", nothing, read_transform, "without options"),
    does("xor", value, read_xor),
    transform("to_md5"),
    transform("to_sha1"),
    transform("to_sha256"),
    does("pcrexform", value, read_pcrexform),
    refused("domain", newer),
    refused("tld", newer),
    // HTTP.
    sticky("http.method", Buffer::http_method),
    sticky("http.uri", Buffer::http_uri),
    sticky("http.uri.raw", Buffer::http_raw_uri),
    sticky("http.request_line", Buffer::http_request_line),
    sticky("http_request_line", Buffer::http_request_line),
    sticky("http.protocol", Buffer::http_protocol),
    sticky("http_protocol", Buffer::http_protocol),
    sticky("http.host", Buffer::http_host),
    sticky("http.host.raw", Buffer::http_raw_host),
    sticky("http.user_agent", Buffer::http_user_agent),
    sticky("http.referer", Buffer::http_referer),
    sticky("http_referer", Buffer::http_referer),
    sticky("http.accept", Buffer::http_accept),
    sticky("http_accept", Buffer::http_accept),
    sticky("http.accept_enc", Buffer::http_accept_encoding),
    sticky("http_accept_enc", Buffer::http_accept_encoding),
    sticky("http.accept_lang", Buffer::http_accept_language),
    sticky("http_accept_lang", Buffer::http_accept_language),
    sticky("http.connection", Buffer::http_connection),
    sticky("http_connection", Buffer::http_connection),
    sticky("http.content_len", Buffer::http_content_length),
    sticky("http_content_len", Buffer::http_content_length),
    sticky("http.content_type", Buffer::http_content_type),
    sticky("http_content_type", Buffer::http_content_type),
    sticky("http.cookie", Buffer::http_cookie),
    sticky("http.header", Buffer::http_header),
    sticky("http.header.raw", Buffer::http_raw_header),
    sticky("http.header_names", Buffer::http_header_names),
    sticky("http_header_names", Buffer::http_header_names),
    sticky("http.request_header", Buffer::http_request_header),
    sticky("http.response_header", Buffer::http_response_header),
    sticky("http.start", Buffer::http_start),
    sticky("http_start", Buffer::http_start),
    sticky("http.request_body", Buffer::http_request_body),
    sticky("http.response_body", Buffer::http_response_body),
    sticky("http.response_line", Buffer::http_response_line),
    sticky("http_response_line", Buffer::http_response_line),
    sticky("http.stat_code", Buffer::http_stat_code),
    sticky("http.stat_msg", Buffer::http_stat_msg),
    sticky("http.location", Buffer::http_location),
    sticky("http_location", Buffer::http_location),
    sticky("http.server", Buffer::http_server),
    sticky("http_server", Buffer::http_server),
    sticky("file.data", Buffer::file_data, "of HTTP"),
    sticky("file_data", Buffer::file_data, "of HTTP"),
    modifier("http_method", Buffer::http_method),
    modifier("http_uri", Buffer::http_uri),
    modifier("http_raw_uri", Buffer::http_raw_uri),
    modifier("http_header", Buffer::http_header),
    modifier("http_raw_header", Buffer::http_raw_header),
    modifier("http_cookie", Buffer::http_cookie),
    modifier("http_user_agent", Buffer::http_user_agent),
    modifier("http_host", Buffer::http_host),
    modifier("http_raw_host", Buffer::http_raw_host),
    modifier("http_client_body", Buffer::http_request_body),
    modifier("http_server_body", Buffer::http_response_body),
    modifier("http_stat_code", Buffer::http_stat_code),
    modifier("http_stat_msg", Buffer::http_stat_msg),
    does("uricontent", value, read_uricontent),
    does("urilen", value, read_urilen),
    refused("http2.errorcode", no_http2),
    refused("http2.frametype", no_http2),
    refused("http2.header", no_http2),
    refused("http2.header_name", no_http2),
    refused("http2.priority", no_http2),
    refused("http2.settings", no_http2),
    refused("http2.size_update", no_http2),
    refused("http2.window", no_http2),
    refused("file.name", no_file),
    refused("filename", no_file),
    refused("file.magic", no_file),
    refused("filemagic", no_file),
    refused("fileext", no_file),
    refused("filemd5", no_file),
    refused("filesha1", no_file),
    refused("filesha256", no_file),
    refused("filesize", no_file),
    // TLS.
    sticky("tls.sni", Buffer::tls_sni),
    sticky("tls_sni", Buffer::tls_sni),
    sticky("tls.alpn", Buffer::tls_alpn),
    sticky("tls.random", Buffer::tls_random),
    sticky("tls.random_time", Buffer::tls_random_time),
    sticky("tls.random_bytes", Buffer::tls_random_bytes),
    sticky("tls.cert_subject", Buffer::tls_cert_subject),
    sticky("tls_cert_subject", Buffer::tls_cert_subject),
    sticky("tls.cert_issuer", Buffer::tls_cert_issuer),
    sticky("tls_cert_issuer", Buffer::tls_cert_issuer),
    sticky("tls.cert_serial", Buffer::tls_cert_serial),
    sticky("tls_cert_serial", Buffer::tls_cert_serial),
    sticky("tls.cert_fingerprint", Buffer::tls_cert_fingerprint),
    sticky("tls_cert_fingerprint", Buffer::tls_cert_fingerprint),
    sticky("tls.certs", Buffer::tls_certs),
    tls_text("tls.subject", Buffer::tls_cert_subject),
    tls_text("tls.issuerdn", Buffer::tls_cert_issuer),
    tls_text("tls.fingerprint", Buffer::tls_cert_fingerprint),
    does("tls.version", value, read_tls_version),
    does("ssl_version", value, read_ssl_version),
    sticky("ja3.hash", Buffer::ja3_hash),
    sticky("ja3_hash", Buffer::ja3_hash),
    sticky("ja3.string", Buffer::ja3_string),
    sticky("ja3_string", Buffer::ja3_string),
    sticky("ja3s.hash", Buffer::ja3s_hash),
    sticky("ja3s.string", Buffer::ja3s_string),
    sticky("ja4.hash", Buffer::ja4_hash),
    refused("ssl_state", "states of the handshake are not told apart; use flow and a buffer of that message"),
    refused("tls_cert_notbefore", no_dates),
    refused("tls_cert_notafter", no_dates),
    refused("tls_cert_expired", no_dates),
    refused("tls_cert_valid", no_dates),
    refused("tls.cert_chain_len", "the chain is not counted; tls.certs looks at each certificate"),
    // The flow.
    does("flow", value, read_flow, "without only_frag and no_frag"),
    does("flowbits", value, read_flowbits),
    does("xbits", value, read_xbits),
    does("hostbits", value, read_hostbits),
    does("flowint", value, read_flowint),
    does("stream_size", value, read_stream_size),
    does("app-layer-protocol", value, read_app_layer_protocol, "http, tls and ssh"),
    does("app-layer-event", value, read_app_layer_event, "of http and tls"),
    does("threshold", value, read_threshold, "without backoff"),
    does("detection_filter", value, read_detection_filter),
    does("stream-event", value, read_stream_event, "suspected_rst_inject"),
    refused("decode-event", "nfsieve's own policies decide on odd packets"),
    refused("engine-event", "nfsieve's own policies decide on odd packets"),
    refused("flowvar", no_variable),
    refused("pktvar", no_variable),
    refused("hostvar", no_variable),
    refused("flow.age", no_account),
    refused("flow.pkts", no_account),
    refused("flow.pkts_toclient", no_account),
    refused("flow.pkts_toserver", no_account),
    refused("flow.bytes", no_account),
    refused("flow.bytes_toclient", no_account),
    refused("flow.bytes_toserver", no_account),
    refused("dataset", no_list),
    refused("datarep", no_list),
    refused("iprep", no_list),
    refused("geoip", "addresses are not mapped to countries; use a variable with the country's blocks"),
    // The packet.
    sticky("tcp.hdr", Buffer::tcp_header),
    sticky("ipv4.hdr", Buffer::ipv4_header),
    sticky("ipv6.hdr", Buffer::ipv6_header, "with its extension headers"),
    does("tcp.flags", value, read_flags),
    does("flags", value, read_flags),
    does("tcp.ack", value, read_ack),
    does("ack", value, read_ack),
    does("tcp.seq", value, read_seq),
    does("seq", value, read_seq),
    does("tcp.window", value, read_window),
    does("window", value, read_window),
    does("ttl", value, read_ttl),
    refused("tcp.mss", "write tcp.hdr and content:\"|02 04|\"; offset:20; with a byte_test"),
    refused("ip_proto", "only TCP comes here"),
    refused("l3_proto", no_ip_header),
    refused("tos", no_ip_header),
    refused("id", no_ip_header),
    refused("ipopts", no_ip_header),
    refused("fragbits", no_ip_header),
    refused("fragoffset", no_ip_header),
    refused("sameip", "the two addresses are not compared with each other"),
    refused("ipv4-csum", no_checksum),
    refused("tcpv4-csum", no_checksum),
    refused("tcpv6-csum", no_checksum),
    // Other protocols.
    refused("dce_iface", no_dcerpc),
    refused("dce_opnum", no_dcerpc),
    refused("dce_stub_data", no_dcerpc),
    refused("dcerpc.iface", no_dcerpc),
    refused("dcerpc.opnum", no_dcerpc),
    refused("dcerpc.stub_data", no_dcerpc),
    of("dns", "dns.query"),
    of("dns", "dns_query"),
    of("dns", "dns.answer.name"),
    of("dns", "dns.query.name"),
    of("dns", "dns.opcode"),
    of("dns", "dns.rcode"),
    of("dns", "dns.rrtype"),
    of("dnp3", "dnp3.data"),
    of("dnp3", "dnp3_data"),
    of("dnp3", "dnp3_func"),
    of("dnp3", "dnp3_ind"),
    of("dnp3", "dnp3_obj"),
    of("dhcp", "dhcp.leasetime"),
    of("dhcp", "dhcp.rebinding_time"),
    of("dhcp", "dhcp.renewal_time"),
    of("enip", "cip_service"),
    of("enip", "enip_command"),
    of("ftp", "ftpdata_command"),
    of("ike", "ike.chosen_sa_attribute"),
    of("ike", "ike.exchtype"),
    of("ike", "ike.init_spi"),
    of("ike", "ike.key_exchange_payload"),
    of("ike", "ike.key_exchange_payload_length"),
    of("ike", "ike.nonce_payload"),
    of("ike", "ike.nonce_payload_length"),
    of("ike", "ike.resp_spi"),
    of("ike", "ike.vendor"),
    of("icmp", "icmp_id"),
    of("icmp", "icmp_seq"),
    of("icmp", "icode"),
    of("icmp", "itype"),
    of("icmp", "icmpv4.hdr"),
    of("icmp", "icmpv4-csum"),
    of("icmp", "icmpv6.hdr"),
    of("icmp", "icmpv6.mtu"),
    of("icmp", "icmpv6-csum"),
    of("krb5", "krb5.ticket_encryption"),
    of("krb5", "krb5.weak_encryption"),
    of("krb5", "krb5_cname"),
    of("krb5", "krb5_err_code"),
    of("krb5", "krb5_msg_type"),
    of("krb5", "krb5_sname"),
    of("krb5", "krb5.cname"),
    of("krb5", "krb5.sname"),
    of("modbus", "modbus"),
    of("mqtt", "mqtt.connack.session_present"),
    of("mqtt", "mqtt.connect.clientid"),
    of("mqtt", "mqtt.connect.flags"),
    of("mqtt", "mqtt.connect.password"),
    of("mqtt", "mqtt.connect.protocol_string"),
    of("mqtt", "mqtt.connect.username"),
    of("mqtt", "mqtt.connect.willmessage"),
    of("mqtt", "mqtt.connect.willtopic"),
    of("mqtt", "mqtt.flags"),
    of("mqtt", "mqtt.protocol_version"),
    of("mqtt", "mqtt.publish.message"),
    of("mqtt", "mqtt.publish.topic"),
    of("mqtt", "mqtt.qos"),
    of("mqtt", "mqtt.reason_code"),
    of("mqtt", "mqtt.subscribe.topic"),
    of("mqtt", "mqtt.type"),
    of("mqtt", "mqtt.unsubscribe.topic"),
    of("nfs", "nfs.version"),
    of("nfs", "nfs_procedure"),
    of("quic", "quic.cyu.hash"),
    of("quic", "quic.cyu.string"),
    of("quic", "quic.sni"),
    of("quic", "quic.ua"),
    of("quic", "quic.version"),
    of("rfb", "rfb.name"),
    of("rfb", "rfb.secresult"),
    of("rfb", "rfb.sectype"),
    of("sip", "sip.method"),
    of("sip", "sip.protocol"),
    of("sip", "sip.request_line"),
    of("sip", "sip.response_line"),
    of("sip", "sip.stat_code"),
    of("sip", "sip.stat_msg"),
    of("sip", "sip.uri"),
    of("smb", "smb.named_pipe"),
    of("smb", "smb.ntlmssp_domain"),
    of("smb", "smb.ntlmssp_user"),
    of("smb", "smb.share"),
    of("smb", "smb.version"),
    of("snmp", "snmp.community"),
    of("snmp", "snmp.pdu_type"),
    of("snmp", "snmp.usm"),
    of("snmp", "snmp.version"),
    of("ssh", "ssh.hassh"),
    of("ssh", "ssh.hassh.server"),
    of("ssh", "ssh.hassh.server.string"),
    of("ssh", "ssh.hassh.string"),
    of("ssh", "ssh.proto"),
    of("ssh", "ssh.protoversion"),
    of("ssh", "ssh.software"),
    of("ssh", "ssh.softwareversion"),
    of("ssh", "ssh_proto"),
    of("ssh", "ssh_software"),
    of("udp", "udp.hdr"),
    of("udp", "udpv4-csum"),
    of("udp", "udpv6-csum"),
};

/// The public half of the table.
constexpr auto infos = [] {
    std::array<KeywordInfo, std::size(table)> all{};
    for (std::size_t i = 0; i < std::size(table); ++i)
        all[i] = table[i].info;
    return all;
}();

/// Rows by name.
constexpr auto sorted = [] {
    std::array<std::uint16_t, std::size(table)> rows{};
    for (std::size_t i = 0; i < rows.size(); ++i)
        rows[i] = static_cast<std::uint16_t>(i);
    std::sort(rows.begin(), rows.end(),
              [](std::uint16_t a, std::uint16_t b) { return table[a].info.name < table[b].info.name; });
    return rows;
}();

constexpr bool each_once() {
    for (std::size_t i = 1; i < sorted.size(); ++i)
        if (table[sorted[i - 1]].info.name == table[sorted[i]].info.name)
            return false;
    return true;
}
static_assert(each_once());

} // namespace

const Keyword* find_keyword(std::string_view name) {
    const auto found =
        std::lower_bound(sorted.begin(), sorted.end(), name, [](std::uint16_t row, std::string_view wanted) {
            return table[row].info.name < wanted;
        });
    return found != sorted.end() && table[*found].info.name == name ? &table[*found] : nullptr;
}

std::string unknown_keyword(std::string_view name) {
    std::vector<std::string_view> names;
    names.reserve(std::size(table));
    for (const Keyword& keyword : table)
        names.push_back(keyword.info.name);
    const std::string_view meant = nearest(name, names);
    return "the keyword " + in_quotes(name) + " is not known" +
           (meant.empty() ? "; docs/suricata.md lists those that are"
                          : "; did you mean " + in_quotes(meant) + "?");
}

} // namespace nfsieve::suricata

namespace nfsieve {

std::span<const KeywordInfo> suricata_keywords() {
    return suricata::infos;
}

std::string_view name(KeywordInfo::Status status) {
    switch (status) {
    case KeywordInfo::Status::honoured:
        return "honoured";
    case KeywordInfo::Status::accepted:
        return "accepted";
    case KeywordInfo::Status::refused:
        return "refused";
    case KeywordInfo::Status::out_of_scope:
        break;
    }
    return "out of scope";
}

} // namespace nfsieve

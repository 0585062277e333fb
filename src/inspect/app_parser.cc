// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/app_parser.h"

namespace nfsieve {

Stage stage_of(Buffer buffer) {
    switch (buffer) {
    case Buffer::http_request_line:
    case Buffer::http_method:
    case Buffer::http_uri:
    case Buffer::http_raw_uri:
    case Buffer::http_protocol:
    case Buffer::http_response_line:
    case Buffer::http_stat_code:
    case Buffer::http_stat_msg:
        return Stage::line;
    case Buffer::http_request_body:
    case Buffer::http_response_body:
    case Buffer::file_data:
    case Buffer::payload:
        return Stage::complete;
    case Buffer::tls_cert_subject:
    case Buffer::tls_cert_issuer:
    case Buffer::tls_cert_serial:
    case Buffer::tls_cert_fingerprint:
    case Buffer::tls_certs:
        return Stage::body; // behind the hello
    default:
        return Stage::headers;
    }
}

} // namespace nfsieve

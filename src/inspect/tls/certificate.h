// SPDX-License-Identifier: GPL-2.0-or-later
// What a Certificate message says (RFC 5246, 7.4.2), and what its first certificate says (RFC 5280, 4.1).
#pragma once

#include "event_set.h"
#include "nfsieve/base/bytes.h"

#include <optional>
#include <string>
#include <vector>

namespace nfsieve::tls {

struct Names {
    std::string subject, issuer;
    std::string serial; ///< "00:9D:1C": the number's bytes as encoded, in upper-case hex
};

struct CertificateList {
    std::vector<Bytes> chain;   ///< DER, borrowed from the message; those before the first that does not fit
    std::optional<Names> names; ///< of the first one, where it can be decoded
    EventSet events;
};

/// `body`: the handshake message behind its header.
[[nodiscard]] CertificateList parse_certificates(Bytes body);

} // namespace nfsieve::tls

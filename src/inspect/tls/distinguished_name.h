// SPDX-License-Identifier: GPL-2.0-or-later
// The text of a certificate's subject or issuer.
#pragma once

#include "nfsieve/base/bytes.h"

#include <optional>
#include <string>

namespace nfsieve::tls {

/// "C=US, O=Example, CN=www.example.org": the attributes in the certificate's order, those of one set joined
/// by " + ", nothing escaped. An attribute that is not well known is written "OID(1.2.3)". Strings become
/// UTF-8, any other value its bytes in upper-case hex. `name`: the content of a Name (RFC 5280, 4.1.2.4).
/// Nothing where it is malformed, or longer than any honest name.
[[nodiscard]] std::optional<std::string> name_text(Bytes name);

} // namespace nfsieve::tls

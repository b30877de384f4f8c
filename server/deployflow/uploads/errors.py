"""What can be wrong with uploads."""

from deployflow.platform.errors import BadRequest, Conflict, Invalid, NotFound, Problem


class UploadNotFound(NotFound):
    code = "upload_not_found"
    title = "There is no such upload: it was finished with, cancelled, or expired"


class UploadStateWrong(Conflict):
    code = "upload_state_wrong"
    title = "The upload is in another state"


class UploadUnfinished(Conflict):
    code = "upload_unfinished"
    title = "The upload is not finished: send the rest first"


class UploadTaken(Conflict):
    code = "upload_taken"
    title = "Something uses this upload already: upload the file again"


class WrongPurpose(Conflict):
    code = "upload_purpose_wrong"
    title = "This file was uploaded for something else"


class OffsetWrong(Conflict):
    code = "upload_offset_wrong"
    title = "The upload goes on at another place: ask with HEAD where"


class UploadBusy(Problem):
    status = 423
    code = "upload_busy"
    title = "Another request is sending to this upload: wait until it ended"


class ChecksumWrong(Problem):
    # The number that the tus protocol gives it.
    status = 460
    code = "checksum_mismatch"
    title = "What arrived is not what was sent: send this piece again"


class QuotaExceeded(Conflict):
    code = "upload_quota_exceeded"
    title = "Too much is being uploaded already: finish or cancel other uploads first"


class VersionUnsupported(Problem):
    status = 412
    code = "tus_version_unsupported"
    title = "This server speaks version 1.0.0 of the tus protocol"


class MediaTypeWrong(Problem):
    status = 415
    code = "media_type_wrong"
    title = "Send the bytes with Content-Type: application/offset+octet-stream"


class HeaderWrong(BadRequest):
    code = "upload_header_wrong"
    title = "A header of the upload cannot be understood"


class TooMuch(Invalid):
    code = "upload_too_long"
    title = "This is more than the upload was announced to have"

/* layout.h - where every field of PSP and of the RPC lies in its struct.
 *
 * Generated from proto/psp.capnp and the rpc.capnp of libcapnp 0.9.2: do not
 * edit, run tests/proto/layout_test with UPDATE_GOLDEN=1.  _OFF counts bytes, _BIT
 * bits, _PTR pointers; _TAG is a member of a union, _DEFAULT is XORed. */
/* clang-format off */
#ifndef PROTO_LAYOUT_H
#define PROTO_LAYOUT_H
#define PSP_PROTOCOL_VERSION 0x1u

/* psp.capnp:ClientInfo */
#define PSP_CLIENT_INFO_DATA_WORDS 1
#define PSP_CLIENT_INFO_PTRS 1
#define PSP_CLIENT_INFO_PROTOCOL_OFF 0 /* bytes, u16 */
#define PSP_CLIENT_INFO_SOFTWARE_PTR 0 /* Text */

/* psp.capnp:Totebox.hello$Params */
#define PSP_TOTEBOX_HELLO_PARAMS_DATA_WORDS 0
#define PSP_TOTEBOX_HELLO_PARAMS_PTRS 1
#define PSP_TOTEBOX_HELLO_PARAMS_CLIENT_PTR 0 /* struct */

/* psp.capnp:Identity */
#define PSP_IDENTITY_DATA_WORDS 2
#define PSP_IDENTITY_PTRS 4
#define PSP_IDENTITY_AUTHORITY_PTR 0 /* Data */
#define PSP_IDENTITY_PROTOCOL_MIN_OFF 0 /* bytes, u16 */
#define PSP_IDENTITY_PROTOCOL_MAX_OFF 2 /* bytes, u16 */
#define PSP_IDENTITY_CLOCK_MS_OFF 8 /* bytes, i64 */
#define PSP_IDENTITY_BOOT_ID_PTR 1 /* Data */
#define PSP_IDENTITY_LIMITS_PTR 2 /* struct */
#define PSP_IDENTITY_SOFTWARE_PTR 3 /* Text */

/* psp.capnp:Totebox.hello$Results */
#define PSP_TOTEBOX_HELLO_RESULTS_DATA_WORDS 0
#define PSP_TOTEBOX_HELLO_RESULTS_PTRS 1
#define PSP_TOTEBOX_HELLO_RESULTS_IDENTITY_PTR 0 /* struct */

/* psp.capnp:Token */
#define PSP_TOKEN_DATA_WORDS 0
#define PSP_TOKEN_PTRS 1
#define PSP_TOKEN_LINKS_PTR 0 /* List */

/* psp.capnp:Proof */
#define PSP_PROOF_DATA_WORDS 1
#define PSP_PROOF_PTRS 2
#define PSP_PROOF_TAG_OFF 0 /* bytes, u16 */
#define PSP_PROOF_TLS_TAG 0
#define PSP_PROOF_EXPORTER_TAG 1
#define PSP_PROOF_EXPORTER_SPKI_PTR 0 /* Data */
#define PSP_PROOF_EXPORTER_SIGNATURE_PTR 1 /* Data */

/* psp.capnp:Totebox.present$Params */
#define PSP_TOTEBOX_PRESENT_PARAMS_DATA_WORDS 0
#define PSP_TOTEBOX_PRESENT_PARAMS_PTRS 2
#define PSP_TOTEBOX_PRESENT_PARAMS_TOKEN_PTR 0 /* struct */
#define PSP_TOTEBOX_PRESENT_PARAMS_PROOF_PTR 1 /* struct */

#define PSP_GRANT_ID 0xf71b9c78c0118ec7ull
#define PSP_GRANT_DESCRIBE 0
#define PSP_GRANT_READ 1
#define PSP_GRANT_WATCH 2
#define PSP_GRANT_HEALTH 3

/* psp.capnp:GrantInfo */
#define PSP_GRANT_INFO_DATA_WORDS 5
#define PSP_GRANT_INFO_PTRS 1
#define PSP_GRANT_INFO_LINK_ID_PTR 0 /* Data */
#define PSP_GRANT_INFO_RIGHTS_OFF 0 /* bytes, u32 */
#define PSP_GRANT_INFO_NOT_BEFORE_OFF 8 /* bytes, i64 */
#define PSP_GRANT_INFO_NOT_AFTER_OFF 16 /* bytes, i64 */
#define PSP_GRANT_INFO_MAX_ROWS_OFF 4 /* bytes, u32 */
#define PSP_GRANT_INFO_MIN_GROUP_OFF 24 /* bytes, u32 */
#define PSP_GRANT_INFO_CLOCK_MS_OFF 32 /* bytes, i64 */

/* psp.capnp:Totebox.present$Results */
#define PSP_TOTEBOX_PRESENT_RESULTS_DATA_WORDS 0
#define PSP_TOTEBOX_PRESENT_RESULTS_PTRS 2
#define PSP_TOTEBOX_PRESENT_RESULTS_GRANT_PTR 0 /* cap */
#define PSP_TOTEBOX_PRESENT_RESULTS_INFO_PTR 1 /* struct */

/* psp.capnp:Totebox.presentCommand$Params */
#define PSP_TOTEBOX_PRESENT_COMMAND_PARAMS_DATA_WORDS 0
#define PSP_TOTEBOX_PRESENT_COMMAND_PARAMS_PTRS 2
#define PSP_TOTEBOX_PRESENT_COMMAND_PARAMS_TOKEN_PTR 0 /* struct */
#define PSP_TOTEBOX_PRESENT_COMMAND_PARAMS_PROOF_PTR 1 /* struct */

#define PSP_COMMANDER_ID 0x88c044bfa4962854ull
#define PSP_COMMANDER_SUBMIT 0
#define PSP_COMMANDER_STATUS 1

/* psp.capnp:Totebox.presentCommand$Results */
#define PSP_TOTEBOX_PRESENT_COMMAND_RESULTS_DATA_WORDS 0
#define PSP_TOTEBOX_PRESENT_COMMAND_RESULTS_PTRS 2
#define PSP_TOTEBOX_PRESENT_COMMAND_RESULTS_COMMANDER_PTR 0 /* cap */
#define PSP_TOTEBOX_PRESENT_COMMAND_RESULTS_INFO_PTR 1 /* struct */

/* psp.capnp:Totebox.pairing$Params */
#define PSP_TOTEBOX_PAIRING_PARAMS_DATA_WORDS 0
#define PSP_TOTEBOX_PAIRING_PARAMS_PTRS 0

/* psp.capnp:Totebox.pairing$Results */
#define PSP_TOTEBOX_PAIRING_RESULTS_DATA_WORDS 0
#define PSP_TOTEBOX_PAIRING_RESULTS_PTRS 1
#define PSP_TOTEBOX_PAIRING_RESULTS_TOKEN_PTR 0 /* struct */

/* psp.capnp:Totebox.pair$Params */
#define PSP_TOTEBOX_PAIR_PARAMS_DATA_WORDS 0
#define PSP_TOTEBOX_PAIR_PARAMS_PTRS 1
#define PSP_TOTEBOX_PAIR_PARAMS_COMMIT_PTR 0 /* Data */

/* psp.capnp:Totebox.pair$Results */
#define PSP_TOTEBOX_PAIR_RESULTS_DATA_WORDS 0
#define PSP_TOTEBOX_PAIR_RESULTS_PTRS 1
#define PSP_TOTEBOX_PAIR_RESULTS_NONCE_PTR 0 /* Data */

/* psp.capnp:Totebox.pairReveal$Params */
#define PSP_TOTEBOX_PAIR_REVEAL_PARAMS_DATA_WORDS 0
#define PSP_TOTEBOX_PAIR_REVEAL_PARAMS_PTRS 1
#define PSP_TOTEBOX_PAIR_REVEAL_PARAMS_NONCE_PTR 0 /* Data */

/* psp.capnp:Totebox.pairReveal$Results */
#define PSP_TOTEBOX_PAIR_REVEAL_RESULTS_DATA_WORDS 0
#define PSP_TOTEBOX_PAIR_REVEAL_RESULTS_PTRS 0

#define PSP_TOTEBOX_ID 0xa57a212b55402bb9ull
#define PSP_TOTEBOX_HELLO 0
#define PSP_TOTEBOX_PRESENT 1
#define PSP_TOTEBOX_PRESENT_COMMAND 2
#define PSP_TOTEBOX_PAIRING 3
#define PSP_TOTEBOX_PAIR 4
#define PSP_TOTEBOX_PAIR_REVEAL 5

/* psp.capnp:Limits */
#define PSP_LIMITS_DATA_WORDS 3
#define PSP_LIMITS_PTRS 0
#define PSP_LIMITS_MAX_QUESTIONS_OFF 0 /* bytes, u16 */
#define PSP_LIMITS_MAX_WATCHES_OFF 2 /* bytes, u16 */
#define PSP_LIMITS_MAX_CREDIT_OFF 4 /* bytes, u16 */
#define PSP_LIMITS_MAX_ROWS_PER_REPLY_OFF 8 /* bytes, u32 */
#define PSP_LIMITS_MAX_MESSAGE_WORDS_OFF 12 /* bytes, u32 */
#define PSP_LIMITS_MAX_WINDOW_MS_OFF 16 /* bytes, u32 */
#define PSP_LIMITS_MAX_SKEW_MS_OFF 20 /* bytes, u32 */

/* psp.capnp:SignedLink */
#define PSP_SIGNED_LINK_DATA_WORDS 0
#define PSP_SIGNED_LINK_PTRS 2
#define PSP_SIGNED_LINK_BODY_PTR 0 /* Data */
#define PSP_SIGNED_LINK_SIGNATURE_PTR 1 /* Data */

/* psp.capnp:Grant.describe$Params */
#define PSP_GRANT_DESCRIBE_PARAMS_DATA_WORDS 0
#define PSP_GRANT_DESCRIBE_PARAMS_PTRS 0

/* psp.capnp:ViewInfo */
#define PSP_VIEW_INFO_DATA_WORDS 2
#define PSP_VIEW_INFO_PTRS 3
#define PSP_VIEW_INFO_NAME_PTR 0 /* Text */
#define PSP_VIEW_INFO_TITLE_PTR 1 /* Text */
#define PSP_VIEW_INFO_ROWS_OFF 0 /* bytes, u64 */
#define PSP_VIEW_INFO_REVISION_OFF 8 /* bytes, u64 */
#define PSP_VIEW_INFO_COLUMNS_PTR 2 /* List */

/* psp.capnp:Grant.describe$Results */
#define PSP_GRANT_DESCRIBE_RESULTS_DATA_WORDS 0
#define PSP_GRANT_DESCRIBE_RESULTS_PTRS 1
#define PSP_GRANT_DESCRIBE_RESULTS_VIEWS_PTR 0 /* List */

/* psp.capnp:Query */
#define PSP_QUERY_DATA_WORDS 2
#define PSP_QUERY_PTRS 7
#define PSP_QUERY_VIEW_PTR 0 /* Text */
#define PSP_QUERY_ROWS_PTR 1 /* struct */
#define PSP_QUERY_COLUMNS_PTR 2 /* struct */
#define PSP_QUERY_WHERE_PTR 3 /* List */
#define PSP_QUERY_REDUCE_PTR 4 /* List */
#define PSP_QUERY_GROUP_BY_PTR 5 /* List */
#define PSP_QUERY_LIMIT_OFF 0 /* bytes, u32 */
#define PSP_QUERY_CURSOR_PTR 6 /* Data */
#define PSP_QUERY_AS_OF_MS_OFF 8 /* bytes, i64 */

/* psp.capnp:Grant.read$Params */
#define PSP_GRANT_READ_PARAMS_DATA_WORDS 0
#define PSP_GRANT_READ_PARAMS_PTRS 1
#define PSP_GRANT_READ_PARAMS_QUERY_PTR 0 /* struct */

/* psp.capnp:Batch */
#define PSP_BATCH_DATA_WORDS 3
#define PSP_BATCH_PTRS 4
#define PSP_BATCH_VIEW_PTR 0 /* Text */
#define PSP_BATCH_REVISION_OFF 0 /* bytes, u64 */
#define PSP_BATCH_AS_OF_MS_OFF 8 /* bytes, i64 */
#define PSP_BATCH_ROW_COUNT_OFF 16 /* bytes, u32 */
#define PSP_BATCH_KEYS_PTR 1 /* List */
#define PSP_BATCH_COLUMNS_PTR 2 /* List */
#define PSP_BATCH_NEXT_CURSOR_PTR 3 /* Data */

/* psp.capnp:Grant.read$Results */
#define PSP_GRANT_READ_RESULTS_DATA_WORDS 0
#define PSP_GRANT_READ_RESULTS_PTRS 1
#define PSP_GRANT_READ_RESULTS_BATCH_PTR 0 /* struct */

/* psp.capnp:Grant.watch$Params */
#define PSP_GRANT_WATCH_PARAMS_DATA_WORDS 0
#define PSP_GRANT_WATCH_PARAMS_PTRS 2
#define PSP_GRANT_WATCH_PARAMS_QUERIES_PTR 0 /* List */
#define PSP_GRANT_WATCH_PARAMS_RESUME_PTR 1 /* Data */

#define PSP_WATCH_ID 0xb9ef54648b11d81aull
#define PSP_WATCH_NEXT 0

/* psp.capnp:Grant.watch$Results */
#define PSP_GRANT_WATCH_RESULTS_DATA_WORDS 0
#define PSP_GRANT_WATCH_RESULTS_PTRS 1
#define PSP_GRANT_WATCH_RESULTS_WATCH_PTR 0 /* cap */

/* psp.capnp:Grant.health$Params */
#define PSP_GRANT_HEALTH_PARAMS_DATA_WORDS 0
#define PSP_GRANT_HEALTH_PARAMS_PTRS 0

/* psp.capnp:Health */
#define PSP_HEALTH_DATA_WORDS 8
#define PSP_HEALTH_PTRS 2
#define PSP_HEALTH_STATE_OFF 0 /* bytes, enum */
#define PSP_HEALTH_CLOCK_MS_OFF 8 /* bytes, i64 */
#define PSP_HEALTH_UPTIME_MS_OFF 16 /* bytes, u64 */
#define PSP_HEALTH_REVISION_OFF 24 /* bytes, u64 */
#define PSP_HEALTH_LAST_COMMIT_MS_OFF 32 /* bytes, i64 */
#define PSP_HEALTH_STORAGE_USED_OFF 40 /* bytes, u64 */
#define PSP_HEALTH_STORAGE_TOTAL_OFF 48 /* bytes, u64 */
#define PSP_HEALTH_ROW_COUNT_OFF 56 /* bytes, u64 */
#define PSP_HEALTH_ALERTS_PTR 0 /* List */
#define PSP_HEALTH_LIFECYCLE_OFF 2 /* bytes, enum */
#define PSP_HEALTH_CHECKPOINT_PTR 1 /* Text */

/* psp.capnp:Grant.health$Results */
#define PSP_GRANT_HEALTH_RESULTS_DATA_WORDS 0
#define PSP_GRANT_HEALTH_RESULTS_PTRS 1
#define PSP_GRANT_HEALTH_RESULTS_HEALTH_PTR 0 /* struct */

/* psp.capnp:ColumnInfo */
#define PSP_COLUMN_INFO_DATA_WORDS 1
#define PSP_COLUMN_INFO_PTRS 2
#define PSP_COLUMN_INFO_NAME_PTR 0 /* Text */
#define PSP_COLUMN_INFO_TYPE_OFF 0 /* bytes, enum */
#define PSP_COLUMN_INFO_UNIT_PTR 1 /* Text */
#define PSP_COLUMN_INFO_SCALE_OFF 2 /* bytes, u8 */

#define PSP_COLUMN_INFO_TYPE_UNKNOWN 0
#define PSP_COLUMN_INFO_TYPE_BOOL 1
#define PSP_COLUMN_INFO_TYPE_INT 2
#define PSP_COLUMN_INFO_TYPE_FLOAT 3
#define PSP_COLUMN_INFO_TYPE_DECIMAL 4
#define PSP_COLUMN_INFO_TYPE_TEXT 5
#define PSP_COLUMN_INFO_TYPE_TIME_MS 6
#define PSP_COLUMN_INFO_TYPE_BLOB 7

/* psp.capnp:RowSet */
#define PSP_ROW_SET_DATA_WORDS 1
#define PSP_ROW_SET_PTRS 1
#define PSP_ROW_SET_TAG_OFF 0 /* bytes, u16 */
#define PSP_ROW_SET_NONE_TAG 0
#define PSP_ROW_SET_ALL_TAG 1
#define PSP_ROW_SET_KEYS_TAG 2
#define PSP_ROW_SET_KEYS_PTR 0 /* List */
#define PSP_ROW_SET_PREFIX_TAG 3
#define PSP_ROW_SET_PREFIX_PTR 0 /* Text */

/* psp.capnp:NameSet */
#define PSP_NAME_SET_DATA_WORDS 1
#define PSP_NAME_SET_PTRS 1
#define PSP_NAME_SET_TAG_OFF 0 /* bytes, u16 */
#define PSP_NAME_SET_NONE_TAG 0
#define PSP_NAME_SET_ALL_TAG 1
#define PSP_NAME_SET_NAMES_TAG 2
#define PSP_NAME_SET_NAMES_PTR 0 /* List */

/* psp.capnp:Predicate */
#define PSP_PREDICATE_DATA_WORDS 1
#define PSP_PREDICATE_PTRS 2
#define PSP_PREDICATE_COLUMN_PTR 0 /* Text */
#define PSP_PREDICATE_OP_OFF 0 /* bytes, enum */
#define PSP_PREDICATE_VALUE_PTR 1 /* struct */

/* psp.capnp:Reduction */
#define PSP_REDUCTION_DATA_WORDS 1
#define PSP_REDUCTION_PTRS 2
#define PSP_REDUCTION_OP_OFF 0 /* bytes, enum */
#define PSP_REDUCTION_COLUMN_PTR 0 /* Text */
#define PSP_REDUCTION_NAME_PTR 1 /* Text */

#define PSP_PREDICATE_OP_EQ 0
#define PSP_PREDICATE_OP_NE 1
#define PSP_PREDICATE_OP_LT 2
#define PSP_PREDICATE_OP_LE 3
#define PSP_PREDICATE_OP_GT 4
#define PSP_PREDICATE_OP_GE 5
#define PSP_PREDICATE_OP_STARTS_WITH 6
#define PSP_PREDICATE_OP_IS_NULL 7

/* psp.capnp:Value */
#define PSP_VALUE_DATA_WORDS 2
#define PSP_VALUE_PTRS 1
#define PSP_VALUE_TAG_OFF 0 /* bytes, u16 */
#define PSP_VALUE_NULL_TAG 0
#define PSP_VALUE_BOOL_TAG 1
#define PSP_VALUE_BOOL_BIT 16 /* bool */
#define PSP_VALUE_INT_TAG 2
#define PSP_VALUE_INT_OFF 8 /* bytes, i64 */
#define PSP_VALUE_FLOAT_TAG 3
#define PSP_VALUE_FLOAT_OFF 8 /* bytes, f64 */
#define PSP_VALUE_DECIMAL_TAG 4
#define PSP_VALUE_DECIMAL_MANTISSA_OFF 8 /* bytes, i64 */
#define PSP_VALUE_DECIMAL_SCALE_OFF 2 /* bytes, u8 */
#define PSP_VALUE_TEXT_TAG 5
#define PSP_VALUE_TEXT_PTR 0 /* Text */
#define PSP_VALUE_TIME_MS_TAG 6
#define PSP_VALUE_TIME_MS_OFF 8 /* bytes, i64 */
#define PSP_VALUE_BLOB_TAG 7
#define PSP_VALUE_BLOB_PTR 0 /* Data */

#define PSP_REDUCTION_OP_COUNT 0
#define PSP_REDUCTION_OP_SUM 1
#define PSP_REDUCTION_OP_MIN 2
#define PSP_REDUCTION_OP_MAX 3
#define PSP_REDUCTION_OP_MEAN 4
#define PSP_REDUCTION_OP_COUNT_DISTINCT 5

/* psp.capnp:Column */
#define PSP_COLUMN_DATA_WORDS 1
#define PSP_COLUMN_PTRS 3
#define PSP_COLUMN_TAG_OFF 0 /* bytes, u16 */
#define PSP_COLUMN_INFO_PTR 0 /* struct */
#define PSP_COLUMN_MARKS_PTR 1 /* List */
#define PSP_COLUMN_NONE_TAG 0
#define PSP_COLUMN_BOOLS_TAG 1
#define PSP_COLUMN_BOOLS_PTR 2 /* List */
#define PSP_COLUMN_INTS_TAG 2
#define PSP_COLUMN_INTS_PTR 2 /* List */
#define PSP_COLUMN_FLOATS_TAG 3
#define PSP_COLUMN_FLOATS_PTR 2 /* List */
#define PSP_COLUMN_DECIMALS_TAG 4
#define PSP_COLUMN_DECIMALS_PTR 2 /* List */
#define PSP_COLUMN_TEXTS_TAG 5
#define PSP_COLUMN_TEXTS_PTR 2 /* List */
#define PSP_COLUMN_BLOBS_TAG 6
#define PSP_COLUMN_BLOBS_PTR 2 /* List */
#define PSP_COLUMN_WIDES_TAG 7
#define PSP_COLUMN_WIDES_PTR 2 /* List */

/* psp.capnp:Watch.next$Params */
#define PSP_WATCH_NEXT_PARAMS_DATA_WORDS 1
#define PSP_WATCH_NEXT_PARAMS_PTRS 0
#define PSP_WATCH_NEXT_PARAMS_MAX_ROWS_OFF 0 /* bytes, u32 */
#define PSP_WATCH_NEXT_PARAMS_MAX_WAIT_MS_OFF 4 /* bytes, u32 */

/* psp.capnp:Delta */
#define PSP_DELTA_DATA_WORDS 4
#define PSP_DELTA_PTRS 2
#define PSP_DELTA_SEQ_OFF 0 /* bytes, u64 */
#define PSP_DELTA_KIND_OFF 8 /* bytes, enum */
#define PSP_DELTA_CHANGES_PTR 0 /* List */
#define PSP_DELTA_RESUME_PTR 1 /* Data */
#define PSP_DELTA_AS_OF_MS_OFF 16 /* bytes, i64 */
#define PSP_DELTA_REVISION_OFF 24 /* bytes, u64 */

/* psp.capnp:Watch.next$Results */
#define PSP_WATCH_NEXT_RESULTS_DATA_WORDS 0
#define PSP_WATCH_NEXT_RESULTS_PTRS 1
#define PSP_WATCH_NEXT_RESULTS_DELTA_PTR 0 /* struct */

#define PSP_DELTA_KIND_HEARTBEAT 0
#define PSP_DELTA_KIND_SNAPSHOT 1
#define PSP_DELTA_KIND_SNAPSHOT_END 2
#define PSP_DELTA_KIND_UPDATE_PART 3
#define PSP_DELTA_KIND_UPDATE 4
#define PSP_DELTA_KIND_RESET 5
#define PSP_DELTA_KIND_ENDED 6

/* psp.capnp:Change */
#define PSP_CHANGE_DATA_WORDS 0
#define PSP_CHANGE_PTRS 2
#define PSP_CHANGE_UPSERTS_PTR 0 /* struct */
#define PSP_CHANGE_DELETES_PTR 1 /* List */

#define PSP_HEALTH_STATE_UNKNOWN 0
#define PSP_HEALTH_STATE_OK 1
#define PSP_HEALTH_STATE_DEGRADED 2
#define PSP_HEALTH_STATE_READ_ONLY 3
#define PSP_HEALTH_STATE_FAILING 4

/* psp.capnp:Health.Alert */
#define PSP_HEALTH_ALERT_DATA_WORDS 2
#define PSP_HEALTH_ALERT_PTRS 2
#define PSP_HEALTH_ALERT_CODE_PTR 0 /* Text */
#define PSP_HEALTH_ALERT_SEVERITY_OFF 0 /* bytes, u8 */
#define PSP_HEALTH_ALERT_SINCE_MS_OFF 8 /* bytes, i64 */
#define PSP_HEALTH_ALERT_TEXT_PTR 1 /* Text */

#define PSP_HEALTH_LIFECYCLE_UNKNOWN 0
#define PSP_HEALTH_LIFECYCLE_ACTIVE 1
#define PSP_HEALTH_LIFECYCLE_SUSPENDED 2
#define PSP_HEALTH_LIFECYCLE_ARCHIVED 3

/* psp.capnp:Command */
#define PSP_COMMAND_DATA_WORDS 3
#define PSP_COMMAND_PTRS 4
#define PSP_COMMAND_ID_PTR 0 /* Data */
#define PSP_COMMAND_VERB_PTR 1 /* Text */
#define PSP_COMMAND_TARGET_PTR 2 /* Text */
#define PSP_COMMAND_ARGS_PTR 3 /* List */
#define PSP_COMMAND_IF_REVISION_OFF 0 /* bytes, u64 */
#define PSP_COMMAND_DEADLINE_MS_OFF 8 /* bytes, i64 */
#define PSP_COMMAND_DRY_RUN_BIT 128 /* bool */

/* psp.capnp:Commander.submit$Params */
#define PSP_COMMANDER_SUBMIT_PARAMS_DATA_WORDS 0
#define PSP_COMMANDER_SUBMIT_PARAMS_PTRS 1
#define PSP_COMMANDER_SUBMIT_PARAMS_COMMAND_PTR 0 /* struct */

/* psp.capnp:Receipt */
#define PSP_RECEIPT_DATA_WORDS 4
#define PSP_RECEIPT_PTRS 4
#define PSP_RECEIPT_ID_PTR 0 /* Data */
#define PSP_RECEIPT_STATE_OFF 0 /* bytes, enum */
#define PSP_RECEIPT_REVISION_OFF 8 /* bytes, u64 */
#define PSP_RECEIPT_AT_MS_OFF 16 /* bytes, i64 */
#define PSP_RECEIPT_MESSAGE_PTR 1 /* Text */
#define PSP_RECEIPT_LEDGER_SIZE_OFF 24 /* bytes, u64 */
#define PSP_RECEIPT_LINK_ID_PTR 2 /* Data */
#define PSP_RECEIPT_SIGNATURE_PTR 3 /* Data */

/* psp.capnp:Commander.submit$Results */
#define PSP_COMMANDER_SUBMIT_RESULTS_DATA_WORDS 0
#define PSP_COMMANDER_SUBMIT_RESULTS_PTRS 1
#define PSP_COMMANDER_SUBMIT_RESULTS_RECEIPT_PTR 0 /* struct */

/* psp.capnp:Commander.status$Params */
#define PSP_COMMANDER_STATUS_PARAMS_DATA_WORDS 0
#define PSP_COMMANDER_STATUS_PARAMS_PTRS 1
#define PSP_COMMANDER_STATUS_PARAMS_ID_PTR 0 /* Data */

/* psp.capnp:Commander.status$Results */
#define PSP_COMMANDER_STATUS_RESULTS_DATA_WORDS 0
#define PSP_COMMANDER_STATUS_RESULTS_PTRS 1
#define PSP_COMMANDER_STATUS_RESULTS_RECEIPT_PTR 0 /* struct */

/* psp.capnp:Command.Arg */
#define PSP_COMMAND_ARG_DATA_WORDS 0
#define PSP_COMMAND_ARG_PTRS 2
#define PSP_COMMAND_ARG_NAME_PTR 0 /* Text */
#define PSP_COMMAND_ARG_VALUE_PTR 1 /* struct */

#define PSP_RECEIPT_STATE_UNKNOWN 0
#define PSP_RECEIPT_STATE_ACCEPTED 1
#define PSP_RECEIPT_STATE_RUNNING 2
#define PSP_RECEIPT_STATE_DONE 3
#define PSP_RECEIPT_STATE_REFUSED 4
#define PSP_RECEIPT_STATE_FAILED 5
#define PSP_RECEIPT_STATE_EXPIRED 6

/* psp.capnp:Link */
#define PSP_LINK_DATA_WORDS 6
#define PSP_LINK_PTRS 8
#define PSP_LINK_FORMAT_OFF 0 /* bytes, u16 */
#define PSP_LINK_DEPTH_OFF 2 /* bytes, u8 */
#define PSP_LINK_RIGHTS_OFF 4 /* bytes, u32 */
#define PSP_LINK_NOT_BEFORE_OFF 8 /* bytes, i64 */
#define PSP_LINK_NOT_AFTER_OFF 16 /* bytes, i64 */
#define PSP_LINK_EPOCH_OFF 24 /* bytes, u64 */
#define PSP_LINK_TOTEBOX_PTR 0 /* Data */
#define PSP_LINK_PARENT_PTR 1 /* Data */
#define PSP_LINK_SUBJECT_TAG_OFF 32 /* bytes, u16 */
#define PSP_LINK_SUBJECT_NONE_TAG 0
#define PSP_LINK_SUBJECT_DELEGATE_TAG 1
#define PSP_LINK_SUBJECT_DELEGATE_PTR 2 /* Data */
#define PSP_LINK_SUBJECT_HOLDER_TAG 2
#define PSP_LINK_SUBJECT_HOLDER_PTR 2 /* Data */
#define PSP_LINK_NONCE_PTR 3 /* Data */
#define PSP_LINK_SCOPES_PTR 4 /* List */
#define PSP_LINK_VERBS_PTR 5 /* struct */
#define PSP_LINK_MAX_ROWS_OFF 36 /* bytes, u32 */
#define PSP_LINK_MIN_GROUP_OFF 40 /* bytes, u32 */
#define PSP_LINK_COMMAND_PTR 6 /* Data */
#define PSP_LINK_LABEL_PTR 7 /* Text */

/* psp.capnp:Scope */
#define PSP_SCOPE_DATA_WORDS 0
#define PSP_SCOPE_PTRS 3
#define PSP_SCOPE_VIEW_PTR 0 /* struct */
#define PSP_SCOPE_ROWS_PTR 1 /* struct */
#define PSP_SCOPE_COLUMNS_PTR 2 /* struct */
#define PSP_RIGHT_DESCRIBE 0x1u
#define PSP_RIGHT_HEALTH 0x2u
#define PSP_RIGHT_READ_ROWS 0x4u
#define PSP_RIGHT_READ_AGGREGATES 0x8u
#define PSP_RIGHT_WATCH 0x10u
#define PSP_RIGHT_COMMAND 0x20u

/* rpc.capnp:Message */
#define RPC_MESSAGE_DATA_WORDS 1
#define RPC_MESSAGE_PTRS 1
#define RPC_MESSAGE_TAG_OFF 0 /* bytes, u16 */
#define RPC_MESSAGE_UNIMPLEMENTED_TAG 0
#define RPC_MESSAGE_UNIMPLEMENTED_PTR 0 /* struct */
#define RPC_MESSAGE_ABORT_TAG 1
#define RPC_MESSAGE_ABORT_PTR 0 /* struct */
#define RPC_MESSAGE_CALL_TAG 2
#define RPC_MESSAGE_CALL_PTR 0 /* struct */
#define RPC_MESSAGE_RETURN_TAG 3
#define RPC_MESSAGE_RETURN_PTR 0 /* struct */
#define RPC_MESSAGE_FINISH_TAG 4
#define RPC_MESSAGE_FINISH_PTR 0 /* struct */
#define RPC_MESSAGE_RESOLVE_TAG 5
#define RPC_MESSAGE_RESOLVE_PTR 0 /* struct */
#define RPC_MESSAGE_RELEASE_TAG 6
#define RPC_MESSAGE_RELEASE_PTR 0 /* struct */
#define RPC_MESSAGE_OBSOLETE_SAVE_TAG 7
#define RPC_MESSAGE_OBSOLETE_SAVE_PTR 0 /* any */
#define RPC_MESSAGE_BOOTSTRAP_TAG 8
#define RPC_MESSAGE_BOOTSTRAP_PTR 0 /* struct */
#define RPC_MESSAGE_OBSOLETE_DELETE_TAG 9
#define RPC_MESSAGE_OBSOLETE_DELETE_PTR 0 /* any */
#define RPC_MESSAGE_PROVIDE_TAG 10
#define RPC_MESSAGE_PROVIDE_PTR 0 /* struct */
#define RPC_MESSAGE_ACCEPT_TAG 11
#define RPC_MESSAGE_ACCEPT_PTR 0 /* struct */
#define RPC_MESSAGE_JOIN_TAG 12
#define RPC_MESSAGE_JOIN_PTR 0 /* struct */
#define RPC_MESSAGE_DISEMBARGO_TAG 13
#define RPC_MESSAGE_DISEMBARGO_PTR 0 /* struct */

/* rpc.capnp:Exception */
#define RPC_EXCEPTION_DATA_WORDS 1
#define RPC_EXCEPTION_PTRS 2
#define RPC_EXCEPTION_REASON_PTR 0 /* Text */
#define RPC_EXCEPTION_OBSOLETE_IS_CALLERS_FAULT_BIT 0 /* bool */
#define RPC_EXCEPTION_OBSOLETE_DURABILITY_OFF 2 /* bytes, u16 */
#define RPC_EXCEPTION_TYPE_OFF 4 /* bytes, enum */
#define RPC_EXCEPTION_TRACE_PTR 1 /* Text */

/* rpc.capnp:Call */
#define RPC_CALL_DATA_WORDS 3
#define RPC_CALL_PTRS 3
#define RPC_CALL_QUESTION_ID_OFF 0 /* bytes, u32 */
#define RPC_CALL_TARGET_PTR 0 /* struct */
#define RPC_CALL_INTERFACE_ID_OFF 8 /* bytes, u64 */
#define RPC_CALL_METHOD_ID_OFF 4 /* bytes, u16 */
#define RPC_CALL_PARAMS_PTR 1 /* struct */
#define RPC_CALL_SEND_RESULTS_TO_TAG_OFF 6 /* bytes, u16 */
#define RPC_CALL_SEND_RESULTS_TO_CALLER_TAG 0
#define RPC_CALL_SEND_RESULTS_TO_YOURSELF_TAG 1
#define RPC_CALL_SEND_RESULTS_TO_THIRD_PARTY_TAG 2
#define RPC_CALL_SEND_RESULTS_TO_THIRD_PARTY_PTR 2 /* any */
#define RPC_CALL_ALLOW_THIRD_PARTY_TAIL_CALL_BIT 128 /* bool */

/* rpc.capnp:Return */
#define RPC_RETURN_DATA_WORDS 2
#define RPC_RETURN_PTRS 1
#define RPC_RETURN_TAG_OFF 6 /* bytes, u16 */
#define RPC_RETURN_ANSWER_ID_OFF 0 /* bytes, u32 */
#define RPC_RETURN_RELEASE_PARAM_CAPS_BIT 32 /* bool */
#define RPC_RETURN_RELEASE_PARAM_CAPS_DEFAULT 0x1u /* stored XORed with this */
#define RPC_RETURN_RESULTS_TAG 0
#define RPC_RETURN_RESULTS_PTR 0 /* struct */
#define RPC_RETURN_EXCEPTION_TAG 1
#define RPC_RETURN_EXCEPTION_PTR 0 /* struct */
#define RPC_RETURN_CANCELED_TAG 2
#define RPC_RETURN_RESULTS_SENT_ELSEWHERE_TAG 3
#define RPC_RETURN_TAKE_FROM_OTHER_QUESTION_TAG 4
#define RPC_RETURN_TAKE_FROM_OTHER_QUESTION_OFF 8 /* bytes, u32 */
#define RPC_RETURN_ACCEPT_FROM_THIRD_PARTY_TAG 5
#define RPC_RETURN_ACCEPT_FROM_THIRD_PARTY_PTR 0 /* any */

/* rpc.capnp:Finish */
#define RPC_FINISH_DATA_WORDS 1
#define RPC_FINISH_PTRS 0
#define RPC_FINISH_QUESTION_ID_OFF 0 /* bytes, u32 */
#define RPC_FINISH_RELEASE_RESULT_CAPS_BIT 32 /* bool */
#define RPC_FINISH_RELEASE_RESULT_CAPS_DEFAULT 0x1u /* stored XORed with this */

/* rpc.capnp:Resolve */
#define RPC_RESOLVE_DATA_WORDS 1
#define RPC_RESOLVE_PTRS 1
#define RPC_RESOLVE_TAG_OFF 4 /* bytes, u16 */
#define RPC_RESOLVE_PROMISE_ID_OFF 0 /* bytes, u32 */
#define RPC_RESOLVE_CAP_TAG 0
#define RPC_RESOLVE_CAP_PTR 0 /* struct */
#define RPC_RESOLVE_EXCEPTION_TAG 1
#define RPC_RESOLVE_EXCEPTION_PTR 0 /* struct */

/* rpc.capnp:Release */
#define RPC_RELEASE_DATA_WORDS 1
#define RPC_RELEASE_PTRS 0
#define RPC_RELEASE_ID_OFF 0 /* bytes, u32 */
#define RPC_RELEASE_REFERENCE_COUNT_OFF 4 /* bytes, u32 */

/* rpc.capnp:Bootstrap */
#define RPC_BOOTSTRAP_DATA_WORDS 1
#define RPC_BOOTSTRAP_PTRS 1
#define RPC_BOOTSTRAP_QUESTION_ID_OFF 0 /* bytes, u32 */
#define RPC_BOOTSTRAP_DEPRECATED_OBJECT_ID_PTR 0 /* any */

/* rpc.capnp:Provide */
#define RPC_PROVIDE_DATA_WORDS 1
#define RPC_PROVIDE_PTRS 2
#define RPC_PROVIDE_QUESTION_ID_OFF 0 /* bytes, u32 */
#define RPC_PROVIDE_TARGET_PTR 0 /* struct */
#define RPC_PROVIDE_RECIPIENT_PTR 1 /* any */

/* rpc.capnp:Accept */
#define RPC_ACCEPT_DATA_WORDS 1
#define RPC_ACCEPT_PTRS 1
#define RPC_ACCEPT_QUESTION_ID_OFF 0 /* bytes, u32 */
#define RPC_ACCEPT_PROVISION_PTR 0 /* any */
#define RPC_ACCEPT_EMBARGO_BIT 32 /* bool */

/* rpc.capnp:Join */
#define RPC_JOIN_DATA_WORDS 1
#define RPC_JOIN_PTRS 2
#define RPC_JOIN_QUESTION_ID_OFF 0 /* bytes, u32 */
#define RPC_JOIN_TARGET_PTR 0 /* struct */
#define RPC_JOIN_KEY_PART_PTR 1 /* any */

/* rpc.capnp:Disembargo */
#define RPC_DISEMBARGO_DATA_WORDS 1
#define RPC_DISEMBARGO_PTRS 1
#define RPC_DISEMBARGO_TARGET_PTR 0 /* struct */
#define RPC_DISEMBARGO_CONTEXT_TAG_OFF 4 /* bytes, u16 */
#define RPC_DISEMBARGO_CONTEXT_SENDER_LOOPBACK_TAG 0
#define RPC_DISEMBARGO_CONTEXT_SENDER_LOOPBACK_OFF 0 /* bytes, u32 */
#define RPC_DISEMBARGO_CONTEXT_RECEIVER_LOOPBACK_TAG 1
#define RPC_DISEMBARGO_CONTEXT_RECEIVER_LOOPBACK_OFF 0 /* bytes, u32 */
#define RPC_DISEMBARGO_CONTEXT_ACCEPT_TAG 2
#define RPC_DISEMBARGO_CONTEXT_PROVIDE_TAG 3
#define RPC_DISEMBARGO_CONTEXT_PROVIDE_OFF 0 /* bytes, u32 */

#define RPC_EXCEPTION_TYPE_FAILED 0
#define RPC_EXCEPTION_TYPE_OVERLOADED 1
#define RPC_EXCEPTION_TYPE_DISCONNECTED 2
#define RPC_EXCEPTION_TYPE_UNIMPLEMENTED 3

/* rpc.capnp:MessageTarget */
#define RPC_MESSAGE_TARGET_DATA_WORDS 1
#define RPC_MESSAGE_TARGET_PTRS 1
#define RPC_MESSAGE_TARGET_TAG_OFF 4 /* bytes, u16 */
#define RPC_MESSAGE_TARGET_IMPORTED_CAP_TAG 0
#define RPC_MESSAGE_TARGET_IMPORTED_CAP_OFF 0 /* bytes, u32 */
#define RPC_MESSAGE_TARGET_PROMISED_ANSWER_TAG 1
#define RPC_MESSAGE_TARGET_PROMISED_ANSWER_PTR 0 /* struct */

/* rpc.capnp:Payload */
#define RPC_PAYLOAD_DATA_WORDS 0
#define RPC_PAYLOAD_PTRS 2
#define RPC_PAYLOAD_CONTENT_PTR 0 /* any */
#define RPC_PAYLOAD_CAP_TABLE_PTR 1 /* List */

/* rpc.capnp:PromisedAnswer */
#define RPC_PROMISED_ANSWER_DATA_WORDS 1
#define RPC_PROMISED_ANSWER_PTRS 1
#define RPC_PROMISED_ANSWER_QUESTION_ID_OFF 0 /* bytes, u32 */
#define RPC_PROMISED_ANSWER_TRANSFORM_PTR 0 /* List */

/* rpc.capnp:PromisedAnswer.Op */
#define RPC_PROMISED_ANSWER_OP_DATA_WORDS 1
#define RPC_PROMISED_ANSWER_OP_PTRS 0
#define RPC_PROMISED_ANSWER_OP_TAG_OFF 0 /* bytes, u16 */
#define RPC_PROMISED_ANSWER_OP_NOOP_TAG 0
#define RPC_PROMISED_ANSWER_OP_GET_POINTER_FIELD_TAG 1
#define RPC_PROMISED_ANSWER_OP_GET_POINTER_FIELD_OFF 2 /* bytes, u16 */

/* rpc.capnp:CapDescriptor */
#define RPC_CAP_DESCRIPTOR_DATA_WORDS 1
#define RPC_CAP_DESCRIPTOR_PTRS 1
#define RPC_CAP_DESCRIPTOR_TAG_OFF 0 /* bytes, u16 */
#define RPC_CAP_DESCRIPTOR_NONE_TAG 0
#define RPC_CAP_DESCRIPTOR_SENDER_HOSTED_TAG 1
#define RPC_CAP_DESCRIPTOR_SENDER_HOSTED_OFF 4 /* bytes, u32 */
#define RPC_CAP_DESCRIPTOR_SENDER_PROMISE_TAG 2
#define RPC_CAP_DESCRIPTOR_SENDER_PROMISE_OFF 4 /* bytes, u32 */
#define RPC_CAP_DESCRIPTOR_RECEIVER_HOSTED_TAG 3
#define RPC_CAP_DESCRIPTOR_RECEIVER_HOSTED_OFF 4 /* bytes, u32 */
#define RPC_CAP_DESCRIPTOR_RECEIVER_ANSWER_TAG 4
#define RPC_CAP_DESCRIPTOR_RECEIVER_ANSWER_PTR 0 /* struct */
#define RPC_CAP_DESCRIPTOR_THIRD_PARTY_HOSTED_TAG 5
#define RPC_CAP_DESCRIPTOR_THIRD_PARTY_HOSTED_PTR 0 /* struct */
#define RPC_CAP_DESCRIPTOR_ATTACHED_FD_OFF 2 /* bytes, u8 */
#define RPC_CAP_DESCRIPTOR_ATTACHED_FD_DEFAULT 0xffu /* stored XORed with this */

/* rpc.capnp:ThirdPartyCapDescriptor */
#define RPC_THIRD_PARTY_CAP_DESCRIPTOR_DATA_WORDS 1
#define RPC_THIRD_PARTY_CAP_DESCRIPTOR_PTRS 1
#define RPC_THIRD_PARTY_CAP_DESCRIPTOR_ID_PTR 0 /* any */
#define RPC_THIRD_PARTY_CAP_DESCRIPTOR_VINE_ID_OFF 0 /* bytes, u32 */

#endif

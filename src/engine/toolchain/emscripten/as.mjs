export default () => {
  throw new Error('as is not built yet');
};
